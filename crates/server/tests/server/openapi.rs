//! `/openapi.json` describes what the server really answers.

use crate::client::{NO_CACHE, Response};
use crate::packs::folder;
use crate::test_server::TestServer;
use serde_json::{Value, json};

/// The document, and a server that it should describe.
struct Described {
    server: TestServer,
    document: Value,
}

impl Described {
    fn new(server: TestServer) -> Self {
        let response = server.get("/openapi.json");
        assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
        let document = response.json();
        Self { server, document }
    }

    /// All paths.
    fn paths(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.document["paths"].as_object().unwrap().iter()
    }

    /// What `schema` says, if it refers to another place of the document.
    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(reference) => self.document.pointer(&reference[1..]).expect("a target"),
            None => schema,
        }
    }

    /// Whether `value` is what `schema` describes.
    fn conforms(&self, schema: &Value, value: &Value) -> bool {
        let schema = self.resolve(schema);
        let each = |keyword: &str| schema[keyword].as_array().map(|schemas| schemas.iter());
        let types = match &schema["type"] {
            Value::Null => true,
            Value::Array(types) => types.iter().any(|name| is_of_type(name, value)),
            name => is_of_type(name, value),
        };
        let members = schema["properties"].as_object().into_iter().flatten();
        let items = value.as_array().filter(|_| !schema["items"].is_null());
        types
            && each("enum").is_none_or(|mut values| values.any(|known| known == value))
            && each("anyOf").is_none_or(|mut schemas| schemas.any(|schema| self.conforms(schema, value)))
            && each("allOf").is_none_or(|mut schemas| schemas.all(|schema| self.conforms(schema, value)))
            && each("required")
                .is_none_or(|mut names| names.all(|name| value.get(name.as_str().unwrap()).is_some()))
            && members
                .into_iter()
                .all(|(name, schema)| value.get(name).is_none_or(|member| self.conforms(schema, member)))
            && items.is_none_or(|items| items.iter().all(|item| self.conforms(&schema["items"], item)))
    }

    /// Checks that `response` is one of those that `operation` describes.
    fn assert_describes(&self, operation: &Value, response: &Response, target: &str) {
        let described = &operation["responses"][response.status.to_string()];
        assert!(!described.is_null(), "{target} answers {}: {operation}", response.status);
        let contents = self.resolve(described)["content"].as_object();
        let Some(contents) = contents else { return };
        let content_type = response.header("content-type").expect("a content type");
        let essence = content_type.split(';').next().unwrap();
        let content = contents.get(essence).or_else(|| contents.get("*/*"));
        let content = content.unwrap_or_else(|| panic!("{target} answers {content_type}"));
        if essence.ends_with("json") && !content["schema"].is_null() {
            assert!(self.conforms(&content["schema"], &response.json()), "{target}: {}", response.text());
        }
    }
}

fn is_of_type(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("{other} is no type"),
    }
}

/// `path` with a value for each parameter: the coarsest tile, the whole of slide `a`.
fn example(path: &str, format: Option<&str>) -> String {
    let name = if path.starts_with("/assets") { "favicon.svg" } else { "label" };
    let coordinates = ["z", "x", "y", "tier", "layer", "tile"].map(|parameter| (parameter, "0"));
    let others = [
        ("slide", "a"),
        ("name", name),
        ("group", "TileGroup0"),
        ("version", "3"),
        ("region", "full"),
        ("size", "64,"),
        ("rotation", "0"),
        ("quality", "default"),
        ("format", format.unwrap_or("jpg")),
    ];
    let target = coordinates
        .iter()
        .chain(&others)
        .fold(path.to_owned(), |path, (parameter, value)| path.replace(&format!("{{{parameter}}}"), value));
    assert!(!target.contains('{'), "{target} has a parameter without a value");
    target
}

/// The formats that `operation` describes as extensions.
fn formats(operation: &Value) -> Vec<Option<&str>> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let format =
        parameters.into_iter().find(|parameter| parameter["name"] == "format" && parameter["in"] == "path");
    match format {
        Some(format) => format["schema"]["enum"].as_array().unwrap().iter().map(Value::as_str).collect(),
        None => vec![None],
    }
}

#[test]
fn every_path_answers_as_the_document_says() {
    let packs = folder(&["a"]);
    let described = Described::new(TestServer::start(packs.path()));
    let mut count = 0;
    for (path, item) in described.paths() {
        for format in formats(&item["get"]) {
            let target = example(path, format);
            let response = described.server.get(&target);
            let expected = match path.as_str() {
                "/iiif/{version}/{slide}" => 303,
                // The pack has none.
                "/slides/{slide}/associated/{name}" => 404,
                _ => 200,
            };
            assert_eq!(response.status, expected, "{target}: {response:?}");
            described.assert_describes(&item["get"], &response, &target);
            let head = described.server.request("HEAD", &target, &[]);
            assert_eq!((head.status, head.body.len()), (expected, 0), "HEAD {target}");
            described.assert_describes(&item["head"], &head, &target);
            count += 1;
        }
    }
    assert!(count > 40, "only {count} targets were tried");
}

#[test]
fn every_path_grants_preflight_requests_and_refuses_other_methods() {
    let packs = folder(&["a"]);
    let described = Described::new(TestServer::start(packs.path()));
    for (path, item) in described.paths() {
        let target = example(path, None);
        let preflight = described.server.request("OPTIONS", &target, &[]);
        assert_eq!(preflight.status, 204, "{target}");
        described.assert_describes(&item["options"], &preflight, &target);
        for method in ["POST", "PUT", "PATCH", "DELETE", "TRACE"] {
            let refused = described.server.request(method, &target, &[]);
            assert_eq!(
                (refused.status, refused.header("allow")),
                (405, Some("GET, HEAD, OPTIONS")),
                "{target}"
            );
            described.assert_describes(&item["get"], &refused, &target);
        }
    }
}

#[test]
fn requests_that_fail_fail_as_the_document_says() {
    let packs = folder(&["a"]);
    let described = Described::new(TestServer::start(packs.path()));
    for (path, target, status) in [
        ("/tiles/{slide}/{z}/{x}/{y}", "/tiles/a/01/0/0", 400),
        ("/tiles/{slide}/{z}/{x}/{y}", "/tiles/a/99/0/0", 404),
        ("/tiles/{slide}/{z}/{x}/{y}.{format}", "/tiles/a/0/0/0.webp?quality=0", 400),
        ("/slides", "/slides?limit=1001", 400),
        ("/slides/{slide}", "/slides/b", 404),
        ("/slides/{slide}", "/slides/a?v=0000000000000000", 410),
        ("/slides/{slide}/region", "/slides/a/region?x=1500", 400),
        ("/slides/{slide}/levels/{z}/tiles", "/slides/a/levels/11/tiles?columns=x", 400),
        ("/iiif/{version}/{slide}/info.json", "/iiif/4/a/info.json", 404),
        ("/view/{slide}", "/view/b", 404),
    ] {
        let operation = &described.document["paths"][path]["get"];
        for accept in ["*/*", "text/html"] {
            let response = described.server.request("GET", target, &[&format!("Accept: {accept}")]);
            assert_eq!(response.status, status, "{target}");
            described.assert_describes(operation, &response, target);
        }
    }
}

#[test]
fn a_saved_document_leads_to_the_server_at_the_address_that_clients_know() {
    let packs = folder(&["a"]);
    let direct = TestServer::start(packs.path());
    let public = TestServer::start_with(packs.path(), |config| {
        config.public_url = Some("https://public.example/below/a/path/".to_owned());
    });
    let forwarded = ["X-Forwarded-Proto: https", "X-Forwarded-Host: proxy.example"];
    for (server, headers, base) in [
        (&direct, &forwarded[..], "https://proxy.example"),
        (&direct, &[], "http://test"),
        (&public, &forwarded, "https://public.example/below/a/path"),
        (&public, &[], "https://public.example/below/a/path"),
    ] {
        let document = server.request("GET", "/openapi.json", headers).json();
        assert_eq!(document["servers"], json!([{ "url": base }]));
        let info = server.request("GET", "/iiif/3/a/info.json", headers).json();
        assert_eq!(info["id"], format!("{base}/iiif/3/a"), "as other documents name it");
    }
}

#[test]
fn a_copy_of_the_document_is_kept_until_it_changes() {
    let packs = folder(&[]);
    let server = TestServer::start(packs.path());
    let response = server.get("/openapi.json");
    assert_eq!(response.header("cache-control"), NO_CACHE);
    let tag = response.header("etag").expect("an entity tag");
    let known = format!("If-None-Match: {tag}");
    let unchanged = server.request("GET", "/openapi.json", &[&known]);
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
    let elsewhere = ["X-Forwarded-Host: elsewhere.example", &known];
    assert_eq!(server.request("GET", "/openapi.json", &elsewhere).status, 200, "it names another server");
}

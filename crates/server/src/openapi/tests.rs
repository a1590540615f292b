//! The document is complete and consistent.

use super::*;
use crate::routes;
use actix_web::dev::ResourceDef;
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};

/// The names of the parameters in a path.
fn names(path: &str) -> BTreeSet<&str> {
    path.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect()
}

fn document() -> Value {
    serde_json::from_str(&json_of_server("http://test")).unwrap()
}

/// All operations of the document.
fn operations(document: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths.flat_map(|(path, item)| item.as_object().unwrap().values().map(move |operation| (path, operation)))
}

/// A path with the value 0 for each parameter.
fn example(path: &str) -> String {
    let parts = path.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
    parts.collect::<Vec<_>>().join("0")
}

/// The pattern under which `path` is answered: the first that matches.
fn pattern_of(path: &str) -> Option<&'static str> {
    routes::patterns().into_iter().find(|pattern| {
        let whole = ResourceDef::new(*pattern);
        let definition = if *pattern == "/tiles" { ResourceDef::prefix(*pattern) } else { whole };
        definition.is_match(path)
    })
}

#[test]
fn every_route_that_is_bound_is_described_and_no_other() {
    let mut described = BTreeSet::new();
    for route in super::routes() {
        let pattern = pattern_of(&example(route.path));
        described.insert(pattern.unwrap_or_else(|| panic!("nothing answers {}", route.path)));
    }
    assert_eq!(described, BTreeSet::from_iter(routes::patterns()));
}

#[test]
fn the_servers_are_all_that_differs_between_servers() {
    let mut document = document();
    let servers = document.as_object_mut().unwrap().remove("servers");
    assert_eq!(servers, Some(json!([{ "url": "http://test" }])));
    assert_eq!(document, serde_json::to_value(open_api()).unwrap());
}

#[test]
fn every_path_is_described_once_with_its_three_methods() {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), super::routes().len());
    for (path, item) in paths {
        let methods: BTreeSet<&str> = item.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(methods, BTreeSet::from(["get", "head", "options"]), "{path}");
    }
}

#[test]
fn every_operation_has_a_name_of_its_own_and_a_summary() {
    let document = document();
    let mut names = HashSet::new();
    for (path, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name), "{name} of {path} is not unique");
        assert!(!operation["summary"].as_str().unwrap().is_empty(), "{name}");
    }
}

#[test]
fn the_parameters_in_a_path_are_those_that_are_described() {
    let document = document();
    for (path, operation) in operations(&document) {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let in_path = parameters.filter(|parameter| parameter["in"] == "path");
        let described: BTreeSet<_> = in_path.map(|parameter| parameter["name"].as_str().unwrap()).collect();
        assert_eq!(described, names(path), "{path}");
    }
}

#[test]
fn an_error_that_may_come_again_is_a_problem_and_a_page() {
    let document = document();
    let responses = document["components"]["responses"].as_object().unwrap();
    for name in ["Busy", "Unready"] {
        assert!(responses[name]["headers"]["Retry-After"].is_object(), "{name}");
    }
    for (name, failure) in responses {
        let mut contents: BTreeSet<&str> =
            failure["content"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(contents.remove("text/plain"), name == "Unready");
        assert_eq!(contents, BTreeSet::from(["application/problem+json", "text/html"]), "{name}");
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        let name = if path == "/readyz" { "Unready" } else { "Busy" };
        let reference = format!("#/components/responses/{name}");
        assert_eq!(item["get"]["responses"]["503"]["$ref"], reference, "{path}");
        assert!(item["head"]["responses"]["503"]["headers"]["Retry-After"].is_object(), "{path}");
    }
}

#[test]
fn every_reference_has_a_target() {
    let text = open_api().to_json().unwrap();
    let document = document();
    let mut count = 0;
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
        count += 1;
    }
    assert!(count > 100, "only {count} references were found");
}

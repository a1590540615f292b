//! A collector of traces, as small as one can be: it takes OTLP over HTTP and keeps the spans.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// How a collector answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// It takes all spans.
    Accept,
    /// It answers 500.
    Fail,
    /// It takes connections and never answers.
    Hang,
}

/// A running collector. Its thread ends with the process.
pub struct Collector {
    addr: SocketAddr,
    requests: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
}

impl Collector {
    /// Starts one on a free port.
    pub fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<_>>>::default();
        let received = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, received) = (stream.unwrap(), Arc::clone(&received));
                // The end of a connection is no failure.
                thread::spawn(move || serve(stream, behaviour, &received));
            }
        });
        Self { addr, requests }
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Attributes of the services that sent spans, as text.
    pub fn services(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let resources = requests.iter().flat_map(|request| &request.resource_spans);
        let attributes = resources.flat_map(|spans| &spans.resource.as_ref().expect("a resource").attributes);
        attributes.map(|attribute| format!("{}={}", attribute.key, value(attribute.value.as_ref()))).collect()
    }

    /// All spans that it has taken.
    pub fn spans(&self) -> Spans {
        let requests = self.requests.lock().unwrap();
        let resources = requests.iter().flat_map(|request| &request.resource_spans);
        Spans(resources.flat_map(|spans| &spans.scope_spans).flat_map(|scope| scope.spans.clone()).collect())
    }
}

/// Answers the requests on one connection.
fn serve(
    mut stream: TcpStream,
    behaviour: Behaviour,
    received: &Mutex<Vec<ExportTraceServiceRequest>>,
) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        while !head.ends_with("\r\n\r\n") {
            let start = head.len();
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
            if let Some((name, value)) = head[start..].split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().expect("a length");
            }
        }
        assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
        assert!(head.to_lowercase().contains("content-type: application/x-protobuf\r\n"), "{head}");
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let status = match behaviour {
            Behaviour::Accept => {
                let request = ExportTraceServiceRequest::decode(&body[..]).expect("spans in protobuf");
                received.lock().unwrap().push(request);
                "200 OK"
            }
            Behaviour::Fail => "500 Internal Server Error",
            Behaviour::Hang => {
                // Until the other side gives up.
                let _ = reader.read(&mut [0]);
                return Ok(());
            }
        };
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")?;
    }
}

/// Spans that a collector has.
#[derive(Clone, Debug)]
pub struct Spans(pub Vec<Span>);

impl Spans {
    /// The span of the only request whose path is this.
    #[track_caller]
    pub fn request(&self, path: &str) -> &Span {
        let found: Vec<_> = self.0.iter().filter(|span| attribute(span, "url.path") == path).collect();
        let [span] = found[..] else { panic!("{} spans of {path} in {self:#?}", found.len()) };
        span
    }

    /// The spans inside of `span`, the earliest first.
    pub fn children(&self, span: &Span) -> Vec<&Span> {
        let mut children: Vec<_> =
            self.0.iter().filter(|child| child.parent_span_id == span.span_id).collect();
        children.sort_by_key(|child| (child.start_time_unix_nano, child.end_time_unix_nano));
        for child in &children {
            assert_eq!(child.trace_id, span.trace_id, "{} has another trace", child.name);
            assert!(child.start_time_unix_nano >= span.start_time_unix_nano, "{} begins early", child.name);
            assert!(child.end_time_unix_nano <= span.end_time_unix_nano, "{} ends late", child.name);
        }
        children
    }

    /// The names of the spans inside of `span`.
    pub fn names(&self, span: &Span) -> Vec<&str> {
        self.children(span).into_iter().map(|child| &*child.name).collect()
    }

    /// The span with this name inside of `span`.
    #[track_caller]
    pub fn child(&self, span: &Span, name: &str) -> &Span {
        let children = self.children(span);
        let child = children.iter().find(|child| child.name == name);
        child.unwrap_or_else(|| panic!("no {name} in {children:#?}"))
    }
}

/// An attribute of `span` as text; empty if it has none of this name.
pub fn attribute(span: &Span, name: &str) -> String {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == name);
    attribute.map(|attribute| value(attribute.value.as_ref())).unwrap_or_default()
}

fn value(value: Option<&opentelemetry_proto::tonic::common::v1::AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(switch)) => switch.to_string(),
        other => panic!("{other:?} is no value that is sent"),
    }
}

/// An id of a trace or a span as it is written.
pub fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

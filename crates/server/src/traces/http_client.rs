//! The HTTP client that sends spans.

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use std::time::Duration;
use ureq::Agent;

/// Maximum number of bytes of a collector's answer that are read.
const MAX_ANSWER: u64 = 1 << 20;

/// Sends requests on the calling thread, which is the one for that.
#[derive(Debug)]
pub(super) struct CollectorClient(Agent);

impl CollectorClient {
    /// A client that gives up a request after `limit`.
    pub(super) fn new(limit: Duration) -> Self {
        let config = Agent::config_builder()
            // Failures are told apart by their status.
            .http_status_as_error(false)
            .timeout_global(Some(limit))
            .max_redirects(0)
            .user_agent(concat!("origami/", env!("CARGO_PKG_VERSION")));
        Self(config.build().into())
    }
}

#[async_trait]
impl HttpClient for CollectorClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let (head, mut body) = self.0.run(Request::from_parts(head, &body[..]))?.into_parts();
        let answer = body.with_config().limit(MAX_ANSWER).read_to_vec()?;
        Ok(Response::from_parts(head, answer.into()))
    }
}

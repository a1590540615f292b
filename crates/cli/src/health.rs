//! `origami health`: asks a server whether it takes requests, for containers without a shell.

use crate::help::{self, HelpEnd};
use crate::http::{self, Answer};
use crate::output;
use anyhow::{Result, anyhow, bail};
use clap::Args;
use origami_units::duration;
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;

const END: HelpEnd = HelpEnd {
    command: "origami health",
    examples: &["origami health --timeout 500ms", "origami health http://127.0.0.1:9000"],
    more_examples: &["origami health --live || systemctl restart origami"],
    environment: &[
        ("ORIGAMI_LISTEN", "without a URL, the address that is asked, as the server has it"),
        ("ORIGAMI_ADMIN_LISTEN", "the same, and asked first: viewers cannot use it up"),
        help::SIMD,
    ],
    notes: "\
The status is 0 if the server is ready, 1 if it is not or does not answer, and 2 if the
arguments are wrong. An address that is set in origami.toml or on the server's command line
is not known here: give the URL. In a Dockerfile: HEALTHCHECK CMD [\"origami\", \"health\"]",
};

/// What is asked if nothing says otherwise.
const DEFAULT_URL: &str = "http://127.0.0.1:8080";

// The documentation of the fields is their help text.
#[derive(Args)]
#[command(after_help = END.short(), after_long_help = END.long())]
pub struct Arguments {
    /// The server [default: http://127.0.0.1:8080, or the address in the environment]
    #[arg(value_name = "URL")]
    url: Option<String>,
    /// Only ask whether the process answers at all, even if it takes no requests.
    #[arg(long)]
    live: bool,
    /// How long the answer may take.
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = timeout)]
    timeout: Duration,
}

/// A time that is not 0.
fn timeout(text: &str) -> Result<Duration, String> {
    match duration::parse(text)? {
        Duration::ZERO => Err("expected more than 0".to_owned()),
        time => Ok(time),
    }
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let base = match &arguments.url {
        Some(url) => base_of(url)?,
        None => from_environment(|name| std::env::var(name).ok())?,
    };
    let (route, good) = if arguments.live { ("healthz", "is alive") } else { ("readyz", "is ready") };
    let url = format!("{base}/{route}");
    match http::get(&url, arguments.timeout) {
        Ok(Answer { status: 200, .. }) => output::print_line(format_args!("{base} {good}")),
        Ok(answer) => bail!("{url}: {}{}", answer.status, reason(&answer.body)),
        Err(problem) => bail!("{url}: {problem}"),
    }
}

/// The beginning of a server's URLs, without a slash at its end.
fn base_of(url: &str) -> Result<String> {
    let base = match url.split_once("://") {
        None => format!("http://{url}"),
        Some(("http", _)) => url.to_owned(),
        Some(_) => bail!("{url}: only http:// can be asked; name the server itself, not the proxy before it"),
    };
    Ok(base.trim_end_matches('/').to_owned())
}

/// The server that the `variable`s of its address name.
fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<String> {
    let given = ["ORIGAMI_ADMIN_LISTEN", "ORIGAMI_LISTEN"]
        .into_iter()
        .find_map(|name| Some((name, variable(name).filter(|text| !text.is_empty())?)));
    let Some((name, text)) = given else { return Ok(DEFAULT_URL.to_owned()) };
    match text.parse::<SocketAddr>() {
        Ok(addr) if addr.port() != 0 => Ok(http::url_of(addr)),
        Ok(_) => Err(anyhow!("{name}={text}: port 0 is a free one, which is not known here: give the URL")),
        Err(_) => Err(anyhow!("{name}={text}: expected an address with a port, as in 127.0.0.1:8080")),
    }
}

/// What the body of an answer says, to follow its status: the detail of a problem in JSON, or
/// all lines of a text.
fn reason(body: &str) -> String {
    let problem: Option<Value> = serde_json::from_str(body).ok();
    let detail = problem.as_ref().and_then(|problem| problem["detail"].as_str()).unwrap_or(body);
    let lines: Vec<_> =
        detail.lines().map(str::trim).filter(|line| !line.is_empty()).take(MAX_REASONS).collect();
    if lines.is_empty() { String::new() } else { format!(": {}", lines.join("; ")) }
}

/// Lines of an answer that are shown: something else than Origami may answer with a page.
const MAX_REASONS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_with_and_without_their_beginning_and_slash() {
        for url in ["localhost:80", "http://localhost:80", "http://localhost:80/"] {
            assert_eq!(base_of(url).unwrap(), "http://localhost:80");
        }
        assert_eq!(base_of("http://a/slides/").unwrap(), "http://a/slides");
        assert!(base_of("https://slides.example").unwrap_err().to_string().contains("not the proxy"));
    }

    /// An environment in which only `given` is set.
    fn set(given: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
        move |name| given.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn the_listener_for_operators_is_asked_before_that_for_viewers() {
        let both = &[("ORIGAMI_LISTEN", "0.0.0.0:80"), ("ORIGAMI_ADMIN_LISTEN", "127.0.0.1:9")];
        assert_eq!(from_environment(set(both)).unwrap(), "http://127.0.0.1:9");
        assert_eq!(from_environment(set(&both[..1])).unwrap(), "http://127.0.0.1:80");
        assert_eq!(from_environment(set(&[("ORIGAMI_LISTEN", "")])).unwrap(), DEFAULT_URL);
        for wrong in [&[("ORIGAMI_LISTEN", "127.0.0.1:0")], &[("ORIGAMI_LISTEN", "here")]] {
            assert!(from_environment(set(wrong)).unwrap_err().to_string().starts_with("ORIGAMI_LISTEN="));
        }
    }

    #[test]
    fn reasons_are_those_of_a_problem_or_all_lines() {
        assert_eq!(reason(r#"{"status":503,"detail":"the server is stopping"}"#), ": the server is stopping");
        assert_eq!(reason("stopping\npacks: cannot be listed\n"), ": stopping; packs: cannot be listed");
        assert_eq!(reason(""), "");
    }
}

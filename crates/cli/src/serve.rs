//! `origami serve`: packs over HTTP, with a gallery and a viewer.
//!
//! Every setting may be given as an option, as an environment variable
//! (`--http-threads 2` is `ORIGAMI_HTTP_THREADS=2`), or in a file
//! (`http_threads = 2` in origami.toml); the first of these that sets it wins,
//! then the profile, then the default. `--print-config` prints the result.

use crate::settings::{Flags, Settings};
use crate::{log, output, packs};
use anyhow::{Error, Result};
use origami_server::Server;
use std::path::Path;

pub fn run(flags: &Flags) -> Result<()> {
    let environment: Vec<_> = std::env::vars_os().collect();
    let settings = Settings::resolve(flags, &environment, Path::new(""))?;
    if flags.print {
        return output::print_lines(settings.to_toml());
    }
    log::set_filter(settings.log()).map_err(Error::msg)?;
    packs::check_served(&settings.config.packs)?;
    Ok(Server::bind(settings.config)?.run()?)
}

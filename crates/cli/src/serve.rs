//! `origami serve`: packs over HTTP, with a gallery and a viewer.
//!
//! Every setting may be given as an option, as an environment variable
//! (`--http-threads 2` is `ORIGAMI_HTTP_THREADS=2`), or in a file
//! (`http_threads = 2` in origami.toml); the first of these that sets it wins,
//! then the profile, then the default. `--print-config` prints the result.

use crate::settings::{Flags, Settings};
use crate::{output, packs};
use anyhow::Result;
use origami_server::Server;

pub fn run(flags: &Flags) -> Result<()> {
    let settings = Settings::here(flags)?;
    if flags.print {
        return output::print_lines(settings.to_toml());
    }
    packs::check_served(&settings.config.packs)?;
    Ok(Server::bind(settings.config)?.run()?)
}

//! `origami serve`: packs over HTTP, with a gallery and a viewer.
//!
//! Every setting may be given as an option, as an environment variable
//! (`--http-threads 2` is `ORIGAMI_HTTP_THREADS=2`), or in a file
//! (`http_threads = 2` in origami.toml); the first of these that sets it wins,
//! then the profile, then the default. `--print-config` prints the result.

use crate::reload::Reload;
use crate::settings::{Flags, Settings};
use crate::{log, output, packs};
use anyhow::{Context, Error, Result};
use origami_server::{Inheritance, Server};

pub fn run(flags: &Flags) -> Result<()> {
    let settings = Settings::here(flags)?;
    if flags.print {
        return output::print_lines(settings.to_toml());
    }
    log::set_filter(settings.log()).map_err(Error::msg)?;
    packs::check_served(&settings.config.packs)?;
    let mut inheritance =
        Inheritance::take().context("cannot take the sockets that this process was started with")?;
    let server = Server::bind_inheriting(settings.config.clone(), &mut inheritance)?;
    let mut reload = Reload::new(flags.clone(), settings, server.settings());
    Ok(server.run_as_process(inheritance, move || reload.run())?)
}

use crate::pack::{Encoding, pack_generated};
use anyhow::Result;
use clap::Args;
use origami_demo::Demo;

#[derive(Args)]
pub struct Arguments {
    /// Id of the slide.
    #[arg(long, default_value = "demo")]
    id: String,
    #[command(flatten)]
    encoding: Encoding,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    pack_generated(&Demo::new(), &arguments.id, &arguments.encoding)
}

//! `origami demo`: makes a pack of the generated demo slide.

use crate::encoding::Encoding;
use crate::interruption;
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
    let interrupted = interruption::watch()?;
    arguments.encoding.pack(&arguments.id, None, &interrupted, || Ok(Box::new(Demo::default())))
}

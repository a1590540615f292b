//! `origami demo`: makes a pack of the generated demo slide.

use crate::encoding::{Encoding, Personal};
use crate::interruption;
use anyhow::Result;
use clap::Args;
use origami_demo::Demo;
use origami_ingest::{AssociatedImages, SourceName};

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
    let Arguments { id, encoding } = arguments;
    let personal = Personal { source_name: SourceName::Keep, associated: AssociatedImages::Drop };
    encoding.pack(id, None, personal, &interrupted, || Ok(Box::new(Demo::default())))
}

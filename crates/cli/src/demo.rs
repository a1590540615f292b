//! `origami demo`: makes a pack of the generated demo slide.

use crate::encoding::{Encoding, Personal};
use crate::help::{self, HelpEnd};
use crate::packing::{Task, Turn};
use crate::{interruption, record};
use anyhow::Result;
use clap::Args;
use origami_demo::Demo;
use origami_ingest::{AssociatedImages, SourceName};

const END: HelpEnd = HelpEnd {
    command: "origami demo",
    examples: &["origami demo -o packs/", "origami serve packs/"],
    more_examples: &["origami demo -o packs/ --id luma --mode luma"],
    environment: &[help::SIMD],
    notes: "",
};

// The documentation of the fields is their help text.
#[derive(Args)]
#[command(after_help = END.short(), after_long_help = END.long())]
pub struct Arguments {
    /// Id of the slide.
    #[arg(long, default_value = "demo")]
    id: String,
    #[command(flatten)]
    encoding: Encoding,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let interrupted = &interruption::watch()?;
    let Arguments { id, encoding } = arguments;
    let personal = Personal { source_name: SourceName::Keep, associated: AssociatedImages::Drop };
    let record = record::digest(&encoding.choices());
    let task = Task { id, file: None, personal, record, reason: None, turn: Turn::SINGLE, interrupted };
    task.run(encoding, || Ok(Box::new(Demo::default())))?;
    encoding.print_next_step()
}

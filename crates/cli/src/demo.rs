use crate::interruption;
use crate::pack::Encoding;
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
    arguments.encoding.pack(&arguments.id, None, &interruption::watch()?, || Ok(Box::new(Demo::default())))
}

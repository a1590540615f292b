//! What decoding a tile needs besides the tile, reused between tiles.

use crossbeam::queue::SegQueue;
use origami_codec::{CodecError, Decoder};
use origami_pyramid::Rgb;

/// A JPEG decoder with its buffers.
pub(super) struct Workspace {
    pub decoder: Decoder,
    /// A JPEG put together from parts.
    pub jpeg: Vec<u8>,
    /// The decoded tile.
    pub pixels: Rgb,
}

/// Idle workspaces; as many come to exist as threads decode at once.
#[derive(Default)]
pub(super) struct Workspaces(SegQueue<Workspace>);

impl Workspaces {
    /// Runs `job` with a workspace of its own. One that a panic passes through
    /// is not used again.
    ///
    /// # Errors
    /// If the JPEG library cannot allocate a decoder.
    pub(super) fn with<R>(&self, job: impl FnOnce(&mut Workspace) -> R) -> Result<R, CodecError> {
        let mut workspace = match self.0.pop() {
            Some(workspace) => workspace,
            None => {
                Workspace { decoder: Decoder::new()?, jpeg: Vec::new(), pixels: Rgb::filled(0, 0, [0; 3]) }
            }
        };
        let result = job(&mut workspace);
        self.0.push(workspace);
        Ok(result)
    }
}

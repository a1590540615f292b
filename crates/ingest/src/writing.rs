//! Writes the tiles of a slide that was read, in the order in which packs have them: a
//! family, then everything below it, so that what is seen together is read together.

use crate::encode::{CodedTile, Content, PackPlan, Prediction};
use crate::families::in_order;
use crate::spool::Spool;
use crate::{PackEvent, PackSlideError};
use origami_pack::{PackError, PackWriter};
use rayon::ThreadPool;

/// Codes the tiles in `spool` and writes them with `writer`. Families are coded on
/// `workers`, and written on this thread.
pub(crate) fn write(
    plan: &PackPlan<'_>,
    prediction: &Prediction,
    spool: &Spool,
    workers: &ThreadPool,
    writer: &mut PackWriter,
) -> Result<(), PackSlideError> {
    let coders = plan.coders(prediction, spool);
    (plan.run.progress)(PackEvent::Writing(plan.pyramid.tile_count()));
    in_order(
        workers,
        plan.run.stop,
        plan.pyramid.families_depth_first(),
        |family| coders.code(family),
        |_, tiles| {
            tiles.iter().try_for_each(|tile| write_tile(tile, writer))?;
            (plan.run.progress)(PackEvent::Written(tiles.len() as u64));
            Ok(())
        },
    )
}

fn write_tile(tile: &CodedTile, writer: &mut PackWriter) -> Result<(), PackError> {
    match &tile.content {
        Content::Blob(bytes, identity) => writer.blob_as(tile.id, bytes, *identity, tile.model)?,
        Content::Blank(colour) => writer.blank(tile.id, *colour),
        Content::Constant(dc) => writer.constant(tile.id, *dc),
        Content::Empty => writer.empty(tile.id),
    }
    Ok(())
}

//! Codes tiles that wait as coefficients, each given its parent.

use super::spooled::SpooledTiles;
use crate::PackSlideError;
use crate::encode::Content;
use crate::encode::models::{LevelModels, Models};
use crate::spool::Spool;
use crossbeam::queue::SegQueue;
use origami_codec::exact::TileCoder;
use origami_codec::{Coefficients, PaddedPlanes};
use origami_pack::{Identity, ModelChoice};
use origami_pyramid::{Family, Pyramid, TileId};

/// A tile as the pack has it.
pub(crate) struct CodedTile {
    pub id: TileId,
    pub content: Content,
    /// The model of its level that it is coded with; the first if with none.
    pub model: ModelChoice,
}

impl CodedTile {
    fn as_kept(id: TileId, content: Content) -> Self {
        Self { id, content, model: ModelChoice::First }
    }
}

/// What tiles are coded from and with.
#[derive(Clone, Copy)]
pub(crate) struct Coding<'a> {
    pub tiles: SpooledTiles<'a>,
    pub models: &'a Models,
}

/// Makes the final tiles of families, on any number of threads.
pub(crate) struct FamilyCoders<'a> {
    pyramid: Pyramid,
    spool: &'a Spool,
    coding: Option<Coding<'a>>,
    /// Coders that no thread is using.
    idle: SegQueue<FamilyCoder>,
}

impl<'a> FamilyCoders<'a> {
    /// For the tiles in `spool`. Without `coding` all stay as they were kept.
    pub fn new(pyramid: Pyramid, spool: &'a Spool, coding: Option<Coding<'a>>) -> Self {
        Self { pyramid, spool, coding, idle: SegQueue::new() }
    }

    /// The final tiles of a family, root first, row by row.
    pub fn code(&self, family: Family) -> Result<Vec<CodedTile>, PackSlideError> {
        let ids = self.pyramid.family_tiles(family);
        let Some(coding) = self.coding else {
            return ids.map(|id| Ok(CodedTile::as_kept(id, self.spool.read(id)?))).collect();
        };
        let mut coder = self.idle.pop().unwrap_or_default();
        coder.begin(coding, family)?;
        let tiles = ids.map(|id| coder.code(coding, id)).collect::<Result<_, _>>()?;
        self.idle.push(coder);
        Ok(tiles)
    }
}

/// What one thread needs to code a family.
#[derive(Default)]
struct FamilyCoder {
    coder: TileCoder,
    /// The parents of tiles of the family.
    parents: Vec<(TileId, PaddedPlanes<Vec<u8>>)>,
    /// Level of the finest tiles of the family, whose children are in others.
    finest: u32,
    tile: Coefficients,
    /// The tile as it was decoded again.
    decoded: Coefficients,
    /// The tile as it was coded, with the first and with the second model.
    coded: [Vec<u8>; 2],
}

impl FamilyCoder {
    /// Prepares for the tiles of `family`.
    fn begin(&mut self, coding: Coding<'_>, family: Family) -> Result<(), PackSlideError> {
        let Family { root } = family;
        let levels = coding.tiles.plan.pyramid.family_levels(root.z);
        self.finest = *levels.expect("a family of this pyramid").end();
        self.parents.clear();
        if coding.models.of(root.z).is_some()
            && let Some(parent) = root.parent(1)
        {
            self.parents.push((parent, coding.tiles.planes(parent)?));
        }
        Ok(())
    }

    /// Makes the final tile, after its parent.
    fn code(&mut self, coding: Coding<'_>, id: TileId) -> Result<CodedTile, PackSlideError> {
        let content = coding.tiles.spool.read(id)?;
        let is_parent = id.z < self.finest && coding.models.of(id.z + 1).is_some();
        let to_code = match (coding.models.of(id.z), &content) {
            (None, _) | (_, Content::Constant(_) | Content::Blob(_, Identity::Verbatim)) => None,
            (Some(models), Content::Blob(_, identity)) => Some((models, *identity)),
            (Some(_), _) => unreachable!("packs of coefficients have no such tiles"),
        };
        if is_parent || to_code.is_some() {
            coding.tiles.decode(id, &content, &mut self.tile)?;
        }
        if is_parent {
            self.parents.push((id, coding.tiles.plan.planes(id.z, &self.tile)));
        }
        match to_code {
            None => Ok(CodedTile::as_kept(id, content)),
            Some((models, identity)) => self.code_coefficients(coding, id, models, identity),
        }
    }

    /// Codes the tile that was decoded, decodes it again and compares. A tile of full
    /// resolution that decodes to something else is stored as a complete JPEG; a parent
    /// cannot be, so it is an error there.
    fn code_coefficients(
        &mut self,
        coding: Coding<'_>,
        id: TileId,
        models: &LevelModels,
        identity: Identity,
    ) -> Result<CodedTile, PackSlideError> {
        let plan = coding.tiles.plan;
        let origin = plan.origin_in_parent(id);
        let parent = self.parents.iter().find(|(parent, _)| Some(*parent) == id.parent(1));
        let (_, parent) = parent.expect("parents come first");
        let (mut level, mut model) = (&models.first.level, ModelChoice::First);
        let [first, second] = &mut self.coded;
        first.clear();
        self.coder.encode(level, parent, origin, &self.tile, first)?;
        let mut coded = &*first;
        if let Some(other) = &models.second {
            second.clear();
            self.coder.encode(&other.level, parent, origin, &self.tile, second)?;
            if second.len() < first.len() {
                (coded, level, model) = (&*second, &other.level, ModelChoice::Second);
            }
        }
        self.decoded.reshape(*self.tile.frame());
        self.coder.decode(level, parent, origin, coded, &mut self.decoded)?;
        if self.decoded == self.tile {
            Ok(CodedTile { id, content: Content::Blob(coded.clone(), identity), model })
        } else if id.z == plan.pyramid.max_level() {
            let jpeg = plan.header(id.z).jpeg(&self.tile)?;
            Ok(CodedTile::as_kept(id, Content::Blob(jpeg, Identity::Verbatim)))
        } else {
            Err(PackSlideError::Inexact(id))
        }
    }
}

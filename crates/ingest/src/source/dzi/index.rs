//! Which tiles of a level there are.

use super::names::Spelling;
use origami_pyramid::{Grid, Point};

/// A file that is a tile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<T> {
    pub position: Point,
    pub spelling: Spelling,
    /// Where the file is.
    pub place: T,
}

/// The tiles of one level, row by row.
pub(super) struct TileIndex<T>(Vec<Entry<T>>);

/// Two files that are the same tile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Duplicate<T> {
    pub position: Point,
    pub places: [T; 2],
}

impl<T: Copy> TileIndex<T> {
    /// Sorts files by the tiles that they are. Files that are the same tile count once if
    /// they have the same content, which `is_copy` tells: under the extension of the
    /// descriptor if there is one.
    ///
    /// # Errors
    /// The first two files that are the same tile otherwise.
    pub fn new(
        mut entries: Vec<Entry<T>>,
        is_copy: impl Fn(&Duplicate<T>) -> bool,
    ) -> Result<Self, Duplicate<T>> {
        entries.sort_unstable_by_key(|entry| (row_major(entry.position), entry.spelling));
        for pair in entries.windows(2).filter(|pair| pair[0].position == pair[1].position) {
            let duplicate = Duplicate { position: pair[0].position, places: [pair[0].place, pair[1].place] };
            if !is_copy(&duplicate) {
                return Err(duplicate);
            }
        }
        entries.dedup_by_key(|entry| entry.position);
        entries.shrink_to_fit();
        Ok(Self(entries))
    }

    /// Number of tiles.
    pub fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// Where the file of a tile is; `None` if there is none.
    pub fn get(&self, position: Point) -> Option<T> {
        let found = self.0.binary_search_by_key(&row_major(position), |entry| row_major(entry.position));
        found.ok().map(|index| self.0[index].place)
    }

    /// Where the files are.
    pub fn places(&self) -> impl Iterator<Item = T> {
        self.0.iter().map(|entry| entry.place)
    }

    /// The first tile of `grid`, which has all tiles of this index, that is not there.
    pub fn first_missing(&self, grid: Grid) -> Option<Point> {
        let numbers = self.0.iter().map(|entry| grid.number(entry.position.x, entry.position.y));
        let missing = numbers.zip(0_u64..).find(|(number, expected)| number != expected);
        let number = missing.map_or(self.len(), |(_, expected)| expected);
        let columns = u64::from(grid.columns);
        (number < grid.count()).then(|| Point::new((number % columns) as u32, (number / columns) as u32))
    }
}

/// Sorts positions row by row.
fn row_major(position: Point) -> (u32, u32) {
    (position.y, position.x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(x: u32, y: u32, spelling: Spelling, place: char) -> Entry<char> {
        Entry { position: Point::new(x, y), spelling, place }
    }

    /// The index of files that are all different.
    fn index(entries: Vec<Entry<char>>) -> TileIndex<char> {
        TileIndex::new(entries, |duplicate| panic!("{duplicate:?}")).unwrap()
    }

    #[test]
    fn two_files_for_one_tile_are_named_unless_they_are_the_same() {
        let (same, other) = (Spelling::Same, Spelling::Other);
        let entries = vec![entry(1, 0, other, 'b'), entry(0, 0, other, 'c'), entry(1, 0, same, 'a')];
        let index = TileIndex::new(entries.clone(), |_| true).unwrap();
        assert_eq!((index.len(), index.get(Point::new(1, 0))), (2, Some('a')));
        assert_eq!(index.places().collect::<String>(), "ca");
        let Err(Duplicate { position, places }) = TileIndex::new(entries, |_| false) else {
            panic!("chosen by chance")
        };
        assert_eq!((position, places), (Point::new(1, 0), ['a', 'b']));
    }

    /// All tiles of a grid of 3 x 2.
    fn all() -> impl Iterator<Item = Entry<char>> {
        (0..2).flat_map(|y| (0..3).map(move |x| entry(x, y, Spelling::Same, ' ')))
    }

    #[test]
    fn the_first_missing_tile_is_found_row_by_row() {
        let grid = Grid { columns: 3, rows: 2 };
        for (x, y) in [(0, 0), (2, 0), (0, 1), (2, 1)] {
            let missing = Point::new(x, y);
            let index = index(all().filter(|entry| entry.position != missing).collect());
            assert_eq!(index.first_missing(grid), Some(missing));
            assert_eq!(index.get(missing), None);
        }
        assert_eq!(index(all().collect()).first_missing(grid), None);
        assert_eq!(index(Vec::new()).first_missing(grid), Some(Point::default()));
    }
}

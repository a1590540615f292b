//! Which id each slide of a run gets: the same in every run, whatever their order.

#[cfg(test)]
mod tests;

use origami_pack::id;
use std::collections::{HashMap, HashSet};

/// A slide that needs an id.
#[derive(Clone, Debug)]
pub struct NamedSlide {
    /// The folders of its pack, as an id has them: `case-1~left`; empty for none.
    pub folder: String,
    /// Its name without extensions.
    pub stem: String,
    /// The name of its file.
    pub name: String,
    /// The one path by which it is told from all others.
    pub path: String,
}

/// What has an id already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// No pack, or one that nobody can read.
    Nobody,
    /// A pack of the slide that is asked for.
    ThisSlide,
    /// A pack of a file of the same name with other content: this slide before it
    /// changed, or another one.
    Namesake,
    /// A pack of another slide.
    AnotherSlide,
}

/// The ids of `slides`, in their order. `holder` says who has an id, seen by the slide of
/// a number.
///
/// A slide that has a pack keeps the pack's id. Another gets the id that its name
/// suggests, unless that of a pack or of another slide in this run suggests the same;
/// then only the one whose name is the id gets it, and others have a suffix made of the
/// file's name, or of its path if that is not enough.
pub fn assign(slides: &[NamedSlide], holder: impl Fn(&str, usize) -> Holder) -> Vec<String> {
    let mut wanted: HashMap<String, Rivals> = HashMap::new();
    for slide in slides {
        let rivals = wanted.entry(slide.plain()).or_default();
        rivals.slides += 1;
        rivals.named_so += usize::from(slide.is_named_so());
    }
    let ids = vec![None; slides.len()];
    let mut assignment = Assignment { slides, holder, wanted, ids, taken: HashSet::new() };
    let mut order: Vec<usize> = (0..slides.len()).collect();
    order.sort_by_key(|&number| &slides[number].path);
    assignment.keep_ids_of_packs(&order);
    assignment.give_plain_ids(&order);
    assignment.give_suffixed_ids(&order);
    assignment.ids.into_iter().flatten().collect()
}

/// How many slides want an id, and how many of them have it as their name.
#[derive(Clone, Copy, Default)]
struct Rivals {
    slides: usize,
    named_so: usize,
}

struct Assignment<'a, H> {
    slides: &'a [NamedSlide],
    holder: H,
    /// By the ids that the slides' names suggest.
    wanted: HashMap<String, Rivals>,
    ids: Vec<Option<String>>,
    taken: HashSet<String>,
}

impl<H: Fn(&str, usize) -> Holder> Assignment<'_, H> {
    /// Gives each slide the id under which it was packed before. A slide with the content
    /// that a pack has comes before one that only has its name.
    fn keep_ids_of_packs(&mut self, order: &[usize]) {
        for holder in [Holder::ThisSlide, Holder::Namesake] {
            for &number in order {
                if let Some(id) = self.held_id(number, holder) {
                    self.give(number, id);
                }
            }
        }
    }

    /// The id that a slide without one has by its pack, as `holder` says it. Its path says
    /// more of it than its name.
    fn held_id(&self, number: usize, holder: Holder) -> Option<String> {
        if self.ids[number].is_some() {
            return None;
        }
        let slide = &self.slides[number];
        let candidates = [slide.by_path(), slide.plain(), slide.by_name()];
        candidates.into_iter().find(|id| !self.taken.contains(id) && (self.holder)(id, number) == holder)
    }

    /// Gives the others the ids that their names suggest, as far as nobody else wants them.
    fn give_plain_ids(&mut self, order: &[usize]) {
        for &number in order {
            if self.ids[number].is_some() {
                continue;
            }
            let slide = &self.slides[number];
            let id = slide.plain();
            let rivals = self.wanted[&id];
            let is_preferred = rivals.slides == 1 || (slide.is_named_so() && rivals.named_so == 1);
            if is_preferred && self.is_free(&id, number) {
                self.give(number, id);
            }
        }
    }

    /// Gives ids with suffixes to the rest.
    fn give_suffixed_ids(&mut self, order: &[usize]) {
        // Before any is given, so that none of several files of one name comes first.
        let ambiguous: HashSet<String> = repeated(
            order
                .iter()
                .filter(|&&number| self.ids[number].is_none())
                .map(|&number| self.slides[number].by_name()),
        );
        for &number in order {
            if self.ids[number].is_some() {
                continue;
            }
            let slide = &self.slides[number];
            let by_name = Some(slide.by_name()).filter(|id| !ambiguous.contains(id));
            // Hashes are short, so even that of a path may be another's.
            let by_path = (0_u32..).map(|attempt| match attempt {
                0 => slide.by_path(),
                _ => slide.suffixed(&format!("{}#{attempt}", slide.path)),
            });
            let id = by_name.into_iter().chain(by_path).find(|id| self.is_free(id, number));
            self.give(number, id.expect("one of endlessly many ids is free"));
        }
    }

    fn is_free(&self, id: &str, number: usize) -> bool {
        !self.taken.contains(id) && (self.holder)(id, number) != Holder::AnotherSlide
    }

    fn give(&mut self, number: usize, id: String) {
        self.taken.insert(id.clone());
        self.ids[number] = Some(id);
    }
}

impl NamedSlide {
    /// The id that the slide's name suggests.
    fn plain(&self) -> String {
        self.in_folder(&id::of_name(&self.stem))
    }

    fn by_name(&self) -> String {
        self.suffixed(&self.name)
    }

    fn by_path(&self) -> String {
        self.suffixed(&self.path)
    }

    /// The id with a suffix that depends on `text`.
    fn suffixed(&self, text: &str) -> String {
        self.in_folder(&id::suffixed(&id::of_name(&self.stem), text))
    }

    /// Whether the slide's name is its id.
    fn is_named_so(&self) -> bool {
        id::of_name(&self.stem) == self.stem
    }

    fn in_folder(&self, part: &str) -> String {
        match &*self.folder {
            "" => part.to_owned(),
            folder => format!("{folder}{}{part}", id::FOLDER_SEPARATOR),
        }
    }
}

/// Those that are there more than once.
fn repeated(ids: impl Iterator<Item = String>) -> HashSet<String> {
    let mut seen = HashSet::new();
    ids.filter(|id| !seen.insert(id.clone())).collect()
}

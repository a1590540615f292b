//! Viewers that look at slides as people do: overview, in to something of
//! interest, around there, out again.

use crate::camera::{Camera, in_view, moved, overview};
use crate::slide::TargetSlide;
use crate::view::View;
use fastrand::Rng;
use origami_pyramid::{Size, TileId};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet, VecDeque};
use std::f64::consts::TAU;
use std::sync::Arc;
use std::time::Duration;

/// What a walk is made of.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub viewers: usize,
    /// Views a second of all viewers together.
    pub rate: f64,
    /// When the last view may be due.
    pub duration: Duration,
    /// Width and height of every viewer's screen in pixels.
    pub screen: Size,
    pub seed: u64,
}

/// The views of all viewers in the order they are due. The same seed and slides
/// give the same views, however the server does.
pub struct Walk {
    pace: Pace,
    slides: Arc<[TargetSlide]>,
    viewers: Vec<WalkingViewer>,
    /// Who looks next, and when in nanoseconds.
    next: BinaryHeap<Reverse<(u64, usize)>>,
}

impl Walk {
    /// Viewers that begin within the first mean pause.
    pub fn new(slides: Arc<[TargetSlide]>, pace: Pace) -> Self {
        let mut viewers: Vec<_> = (0..pace.viewers)
            .map(|viewer| WalkingViewer::new(Rng::with_seed(pace.seed ^ ((viewer as u64) << 32))))
            .collect();
        let pause = pause(&pace);
        let first = |(number, viewer): (usize, &mut WalkingViewer)| {
            Reverse(((pause * viewer.random.f64() * 1e9) as u64, number))
        };
        let next = viewers.iter_mut().enumerate().map(first).collect();
        Self { pace, slides, viewers, next }
    }
}

/// Mean time between two views of one viewer in seconds.
fn pause(pace: &Pace) -> f64 {
    pace.viewers as f64 / pace.rate
}

impl Iterator for Walk {
    type Item = View;

    fn next(&mut self) -> Option<View> {
        let Reverse((due, number)) = self.next.pop()?;
        if u128::from(due) >= self.pace.duration.as_nanos() {
            return None;
        }
        let viewer = &mut self.viewers[number];
        let (slide, tiles) = viewer.look(&self.slides, self.pace.screen);
        // Half of the pause is the hand's, the other half exponential.
        let think = pause(&self.pace) * (0.5 - 0.5 * (1.0 - viewer.random.f64()).ln());
        self.next.push(Reverse((due + (think * 1e9) as u64, number)));
        let tiles = tiles.into_iter().map(|tile| (slide, tile)).collect();
        Some(View { due: Some(Duration::from_nanos(due)), viewer: number, tiles })
    }
}

struct WalkingViewer {
    random: Rng,
    slide: usize,
    /// Cameras still to come on this slide.
    path: VecDeque<Camera>,
    /// Tiles of this slide that are in the browser's cache, or on their way.
    seen: HashSet<TileId>,
}

impl WalkingViewer {
    fn new(random: Rng) -> Self {
        Self { random, slide: 0, path: VecDeque::new(), seen: HashSet::new() }
    }

    /// Takes the next step: the slide, and its tiles that are new to this viewer.
    fn look(&mut self, slides: &[TargetSlide], screen: Size) -> (usize, Vec<TileId>) {
        if self.path.is_empty() {
            self.slide = self.random.usize(0..slides.len());
            self.seen.clear();
            self.path = visit(&slides[self.slide], screen, &mut self.random);
        }
        let camera = self.path.pop_front().expect("a visit has steps");
        let mut tiles = in_view(&slides[self.slide].pyramid, camera, screen);
        tiles.retain(|tile| self.seen.insert(*tile));
        (self.slide, tiles)
    }
}

/// One visit to a slide: three points of interest, the second near the first.
fn visit(slide: &TargetSlide, screen: Size, random: &mut Rng) -> VecDeque<Camera> {
    let pyramid = &slide.pyramid;
    let overview = overview(pyramid, screen);
    let mut camera = Camera { z: overview, centre: (0.5, 0.5) };
    let mut path = VecDeque::from([camera]);
    for trip in 0..3 {
        let deepest = match random.f64() {
            chance if chance < 0.7 => 0,
            chance if chance < 0.9 => 1,
            _ => 2,
        };
        let deepest = pyramid.max_level().saturating_sub(deepest).max(overview);
        let point = if trip == 1 {
            let screens = |random: &mut Rng| 3.0 * (random.f64() - 0.5);
            moved(pyramid, screen, camera, (screens(random), screens(random))).centre
        } else {
            slide.interest.point(pyramid, random)
        };
        // As a wheel does: the point keeps its place on the screen.
        while camera.z < deepest {
            let centre = (f64::midpoint(camera.centre.0, point.0), f64::midpoint(camera.centre.1, point.1));
            camera = Camera { z: camera.z + 1, centre };
            path.push_back(camera);
        }
        let mut heading = random.f64() * TAU;
        for _ in 0..random.u32(4..=12) {
            heading += random.f64() - 0.5;
            let far = 0.2 + 0.6 * random.f64();
            camera = moved(pyramid, screen, camera, (far * heading.cos(), far * heading.sin()));
            path.push_back(camera);
        }
        let back = if trip == 0 { camera.z.saturating_sub(2).max(overview) } else { overview };
        while camera.z > back {
            camera.z = camera.z.saturating_sub(2).max(back);
            path.push_back(camera);
        }
        if back == overview {
            camera.centre = (0.5, 0.5);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Template;
    use crate::points_of_interest::PointsOfInterest;
    use origami_pyramid::Pyramid;

    const SCREEN: Size = Size::new(1920, 1080);

    fn slides() -> Arc<[TargetSlide]> {
        let pyramid = Pyramid::new(Size::new(17_931, 12_368), 256).unwrap();
        let template = Template::new(Template::ORIGAMI, "", "a", "0").unwrap();
        let slide =
            TargetSlide { id: "a".into(), pyramid, template, interest: PointsOfInterest::new(0, &[]) };
        Arc::new([slide])
    }

    fn walk(seed: u64) -> Vec<View> {
        let duration = Duration::from_secs(60);
        Walk::new(slides(), Pace { viewers: 4, rate: 8.0, duration, screen: SCREEN, seed }).collect()
    }

    #[test]
    fn one_seed_gives_one_sequence_of_tiles() {
        assert_eq!(walk(7), walk(7));
        assert_ne!(walk(7), walk(8));
    }

    #[test]
    fn views_come_in_order_at_the_rate_asked_for() {
        let views = walk(1);
        assert!(views.is_sorted_by_key(|view| view.due));
        assert!(views.iter().all(|view| view.due < Some(Duration::from_secs(60))));
        assert!((400..560).contains(&views.len()), "480 are expected, {} came", views.len());
    }

    #[test]
    fn a_tile_is_asked_for_once_in_a_visit_and_lies_in_the_slide() {
        let pyramid = slides()[0].pyramid;
        let mut viewer = WalkingViewer::new(Rng::with_seed(3));
        let mut seen = HashSet::new();
        for step in 0.. {
            if viewer.path.is_empty() && step > 0 {
                break;
            }
            let (_, tiles) = viewer.look(&slides(), SCREEN);
            for tile in tiles {
                assert!(pyramid.tile_rect(tile).is_some(), "{tile}");
                assert!(seen.insert(tile), "{tile} again");
            }
        }
        let finest = seen.iter().filter(|tile| tile.z == pyramid.max_level()).count();
        assert!(finest > 50, "{finest} tiles of full resolution");
    }
}

//! Viewers that move through slides as people do: overview, in to a point of
//! interest, around there, out again.

use crate::camera::{Camera, Position, overview, visible_tiles};
use crate::slide::TargetSlide;
use crate::view::{TileRequest, View};
use fastrand::Rng;
use origami_pyramid::{Size, TileId};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet, VecDeque};
use std::f64::consts::TAU;
use std::sync::Arc;
use std::time::Duration;

/// The parameters of a walk.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub viewers: usize,
    /// Views per second of all viewers together.
    pub rate: f64,
    /// All views are due before this time.
    pub duration: Duration,
    /// Width and height of every viewer's screen in pixels.
    pub screen: Size,
    pub seed: u64,
}

impl Pace {
    /// Mean time between two views of one viewer, in seconds.
    fn mean_pause(&self) -> f64 {
        self.viewers as f64 / self.rate
    }
}

/// The views of all viewers in the order they are due. The same seed and slides
/// give the same views, whatever the server does.
pub struct Walk {
    pace: Pace,
    slides: Arc<[TargetSlide]>,
    viewers: Vec<WalkingViewer>,
    /// The next step of every viewer.
    steps: BinaryHeap<Reverse<Step>>,
}

/// When a viewer takes its next step. Ordered by time, then by viewer.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    /// Nanoseconds since the start.
    due: u64,
    viewer: usize,
}

impl Walk {
    /// A walk of viewers that all begin within the first mean pause.
    pub fn new(slides: Arc<[TargetSlide]>, pace: Pace) -> Self {
        let mut viewers = Vec::with_capacity(pace.viewers);
        let mut steps = BinaryHeap::with_capacity(pace.viewers);
        for viewer in 0..pace.viewers {
            let mut random = Rng::with_seed(pace.seed ^ ((viewer as u64) << 32));
            let due = (pace.mean_pause() * random.f64() * 1e9) as u64;
            steps.push(Reverse(Step { due, viewer }));
            viewers.push(WalkingViewer::new(random));
        }
        Self { pace, slides, viewers, steps }
    }
}

impl Iterator for Walk {
    type Item = View;

    fn next(&mut self) -> Option<View> {
        let Reverse(Step { due, viewer }) = self.steps.pop()?;
        if u128::from(due) >= self.pace.duration.as_nanos() {
            return None;
        }
        let walking = &mut self.viewers[viewer];
        let tiles = walking.step(&self.slides, self.pace.screen);
        // Half of the pause is constant, for moving the hand. The other half is
        // exponentially distributed.
        let pause = self.pace.mean_pause() * (0.5 - 0.5 * (1.0 - walking.random.f64()).ln());
        self.steps.push(Reverse(Step { due: due + (pause * 1e9) as u64, viewer }));
        Some(View { due: Some(Duration::from_nanos(due)), viewer, tiles })
    }
}

struct WalkingViewer {
    random: Rng,
    /// Index of the slide.
    slide: usize,
    /// The remaining cameras of the visit to this slide.
    path: VecDeque<Camera>,
    /// Tiles of this slide that are in the browser's cache or requested.
    seen: HashSet<TileId>,
}

impl WalkingViewer {
    fn new(random: Rng) -> Self {
        Self { random, slide: 0, path: VecDeque::new(), seen: HashSet::new() }
    }

    /// Moves to the next camera. Returns its tiles that are new to this viewer.
    fn step(&mut self, slides: &[TargetSlide], screen: Size) -> Vec<TileRequest> {
        if self.path.is_empty() {
            self.slide = self.random.usize(0..slides.len());
            self.seen.clear();
            self.path = visit(&slides[self.slide], screen, &mut self.random);
        }
        let camera = self.path.pop_front().expect("a visit has steps");
        let mut tiles = visible_tiles(&slides[self.slide].pyramid, camera, screen);
        tiles.retain(|tile| self.seen.insert(*tile));
        tiles.into_iter().map(|tile| TileRequest { slide: self.slide, tile }).collect()
    }
}

/// The cameras of one visit to a slide, which goes to three points of interest,
/// the second near the first.
fn visit(slide: &TargetSlide, screen: Size, random: &mut Rng) -> VecDeque<Camera> {
    let overview = overview(&slide.pyramid, screen);
    let camera = Camera { z: overview, centre: Position::CENTRE };
    let mut visit = Visit { slide, screen, overview, camera, path: VecDeque::from([camera]) };
    for trip in 0..3 {
        let deepest = match random.f64() {
            chance if chance < 0.7 => 0,
            chance if chance < 0.9 => 1,
            _ => 2,
        };
        let deepest = slide.pyramid.max_level().saturating_sub(deepest).max(overview);
        let point =
            if trip == 1 { visit.nearby_point(random) } else { slide.interest.draw(&slide.pyramid, random) };
        visit.zoom_in(point, deepest);
        visit.wander(random);
        let back = if trip == 0 { visit.camera.z.saturating_sub(2).max(overview) } else { overview };
        visit.zoom_out(back);
    }
    visit.path
}

/// A visit to a slide up to the present camera.
struct Visit<'a> {
    slide: &'a TargetSlide,
    screen: Size,
    overview: u32,
    camera: Camera,
    path: VecDeque<Camera>,
}

impl Visit<'_> {
    /// A point within one and a half screens of the present centre.
    fn nearby_point(&self, random: &mut Rng) -> Position {
        let by = Position { x: 3.0 * (random.f64() - 0.5), y: 3.0 * (random.f64() - 0.5) };
        self.camera.panned(&self.slide.pyramid, self.screen, by).centre
    }

    /// Zooms in as a mouse wheel does: `point` keeps its place on the screen.
    fn zoom_in(&mut self, point: Position, deepest: u32) {
        while self.camera.z < deepest {
            let centre = Position {
                x: f64::midpoint(self.camera.centre.x, point.x),
                y: f64::midpoint(self.camera.centre.y, point.y),
            };
            self.camera = Camera { z: self.camera.z + 1, centre };
            self.path.push_back(self.camera);
        }
    }

    /// Pans 4 to 12 times in a direction that changes slowly.
    fn wander(&mut self, random: &mut Rng) {
        let mut heading = random.f64() * TAU;
        for _ in 0..random.u32(4..=12) {
            heading += random.f64() - 0.5;
            let distance = 0.2 + 0.6 * random.f64();
            let by = Position { x: distance * heading.cos(), y: distance * heading.sin() };
            self.camera = self.camera.panned(&self.slide.pyramid, self.screen, by);
            self.path.push_back(self.camera);
        }
    }

    /// Zooms out to level `back`, two levels at a time. From the overview, the next
    /// trip starts at the centre.
    fn zoom_out(&mut self, back: u32) {
        while self.camera.z > back {
            self.camera.z = self.camera.z.saturating_sub(2).max(back);
            self.path.push_back(self.camera);
        }
        if back == self.overview {
            self.camera.centre = Position::CENTRE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::points_of_interest::PointsOfInterest;
    use crate::template::{ORIGAMI_TEMPLATE, Template};
    use origami_pyramid::Pyramid;

    const SCREEN: Size = Size::new(1920, 1080);

    fn slides() -> Arc<[TargetSlide]> {
        let pyramid = Pyramid::new(Size::new(17_931, 12_368), 256).unwrap();
        let template = Template::new(ORIGAMI_TEMPLATE, "", "a", "0").unwrap();
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
    fn views_come_in_order_at_the_given_rate() {
        let views = walk(1);
        assert!(views.is_sorted_by_key(|view| view.due));
        assert!(views.iter().all(|view| view.due < Some(Duration::from_secs(60))));
        assert!((400..560).contains(&views.len()), "480 are expected, {} came", views.len());
    }

    #[test]
    fn a_tile_is_requested_once_in_a_visit_and_is_inside_the_slide() {
        let pyramid = slides()[0].pyramid;
        let mut viewer = WalkingViewer::new(Rng::with_seed(3));
        let mut seen = HashSet::new();
        for step in 0.. {
            if viewer.path.is_empty() && step > 0 {
                break;
            }
            for TileRequest { tile, .. } in viewer.step(&slides(), SCREEN) {
                assert!(pyramid.tile_rect(tile).is_some(), "{tile}");
                assert!(seen.insert(tile), "{tile} again");
            }
        }
        let finest = seen.iter().filter(|tile| tile.z == pyramid.max_level()).count();
        assert!(finest > 50, "{finest} tiles of full resolution");
    }
}

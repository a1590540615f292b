//! Channels of one picture.

use super::made::Form;
use super::{assert_pixels, read};
use crate::source::tiff::tags;
use crate::source::{ChannelOption, Channels, OpenOptions, ValueRange};
use origami_pyramid::Size;

fn sample(x: u32, y: u32, c: u32) -> u16 {
    (x * 911 + y * 1301 + c * 9973) as u16
}

fn shown(number: u32, colour: [u8; 3], low: f64, high: f64) -> ChannelOption {
    ChannelOption { number, colour: Some(colour), range: Some(ValueRange { low, high }) }
}

/// The level of a sample, times a colour: both rounded to the nearest.
fn part(sample: u16, option: &ChannelOption) -> [u32; 3] {
    let ValueRange { low, high } = option.range.unwrap();
    let level = (255.0 * (f64::from(sample) - low) / (high - low)).round().clamp(0.0, 255.0);
    option.colour.unwrap().map(|colour| (level * f64::from(colour) / 255.0).round() as u32)
}

#[test]
fn channels_are_added_in_their_colours_and_ranges_up_to_white() {
    let chosen = vec![
        shown(4, [255, 128, 0], 0.0, 65_535.0),
        shown(2, [10, 200, 77], 1000.0, 30_000.0),
        shown(1, [0, 90, 255], 20_000.0, 20_001.0),
    ];
    for is_planar in [false, true] {
        for compression in [1, 5] {
            let form = Form { is_planar, compression, ..Form::tiles(4, 16) };
            let made = form.made(sample).with(tags::PHOTOMETRIC, &[1]).with(tags::EXTRA_SAMPLES, &[0; 3]);
            let options =
                OpenOptions { channels: Channels::Chosen(chosen.clone()), ..OpenOptions::default() };
            let (pixels, info) = read(&made, &options);
            assert_pixels(&pixels, &format!("{form:?}"), |x, y| {
                let mut sum = [0; 3];
                for option in &chosen {
                    let part = part(sample(x, y, option.number - 1), option);
                    for (sum, part) in sum.iter_mut().zip(part) {
                        *sum = (*sum + part).min(255);
                    }
                }
                sum.map(|level| level as u8)
            });
            let ranges = info.contents.channels.iter().map(|channel| (channel.low, channel.high));
            assert_eq!(
                ranges.collect::<Vec<_>>(),
                [(0.0, 65_535.0), (1000.0, 30_000.0), (20_000.0, 20_001.0)]
            );
            assert_eq!(info.contents.range.unwrap().high, 65_535.0);
        }
    }
}

#[test]
fn a_channel_without_a_tile_is_black_there_and_the_background_shows_where_all_have_none() {
    let form = Form { is_planar: true, compression: 8, ..Form::tiles(2, 8) };
    let mut made = form.made(|_, _, c| [255, 100][c as usize]).with(tags::EXTRA_SAMPLES, &[0]);
    // Tile 0 of the first channel, tile 1 of both.
    for chunk in [0, 1, 7] {
        made.directories[0][chunk].clear();
    }
    let chosen = vec![shown(1, [255, 0, 0], 0.0, 255.0), shown(2, [0, 0, 255], 0.0, 255.0)];
    let channels = Channels::Chosen(chosen);
    let options = OpenOptions { channels, background: Some([1, 2, 3]), ..OpenOptions::default() };
    let (pixels, _) = read(&made, &options);
    assert_pixels(&pixels, "sparse channels", |x, y| match (x / 16, y / 16) {
        (0, 0) => [0, 0, 100],
        (1, 0) => [1, 2, 3],
        _ => [255, 0, 100],
    });
}

#[test]
fn each_channel_has_the_range_of_its_own_largest_sample() {
    let form = Form { size: Size::square(32), is_planar: true, ..Form::tiles(2, 16) };
    let made = form.made(|x, _, c| if c == 0 { x as u16 } else { 2000 * x as u16 });
    let (_, info) = read(&made.with(tags::EXTRA_SAMPLES, &[0]), &OpenOptions::default());
    let highs: Vec<f64> = info.contents.channels.iter().map(|channel| channel.high).collect();
    assert_eq!(highs, [31.0, 65_535.0]);
}

//! Tests of the names, sizes and descriptions that packs accept.

use super::*;
use origami_codec::Decoder;
use origami_pack::AssociatedImage;

/// Fills a region with a gradient across an image.
fn gradient(region: Rect, out: &mut Rgb) {
    out.resize(region.width as usize, region.height as usize);
    for y in 0..region.height {
        for (x, pixel) in (region.x..).zip(out.row_mut(y as usize).chunks_exact_mut(3)) {
            pixel.copy_from_slice(&[(x / 16) as u8, ((region.y + y) / 16) as u8, 90]);
        }
    }
}

fn gradient_jpeg(size: Size) -> Result<Vec<u8>, String> {
    jpeg(size, |region, out| {
        gradient(region, out);
        Ok(())
    })
}

#[test]
fn images_that_fit_keep_their_size_and_others_are_halved() {
    for (size, expected) in [
        (Size::new(387, 463), Size::new(387, 463)),
        (Size::new(2000, 2000), Size::new(2000, 2000)),
        (Size::new(2001, 2000), Size::new(1001, 1000)),
        (Size::new(70_000, 3), Size::new(35_000, 2)),
        (Size::new(1, 1), Size::new(1, 1)),
    ] {
        let jpeg = gradient_jpeg(size).unwrap();
        assert_eq!(Decoder::new().unwrap().header(&jpeg).unwrap().size, expected, "{size}");
    }
}

#[test]
fn an_image_that_is_halved_by_regions_is_the_halved_image() {
    let size = Size::new(2811, 2047);
    let [mut whole, mut expected] = [(); 2].map(|()| Rgb::filled(1, 1, [0; 3]));
    gradient(Rect::whole(size), &mut whole);
    mean::halve(&whole, &mut expected);
    let halved = shrunk(size, |region, out| {
        gradient(region, out);
        Ok(())
    });
    assert!(halved.unwrap() == expected);
}

#[test]
fn an_image_of_a_claimed_size_that_no_label_has_is_not_read() {
    for size in [Size::new(1 << 24, 1 << 24), Size::new(8193, 8192), Size::new(0, 5)] {
        let refused = jpeg(size, |_, _| panic!("read"));
        assert!(refused.unwrap_err().contains("px") || size.width == 0);
    }
    assert!(check_size(8192, 8192).is_ok());
    assert!(check_size(u64::MAX, u64::MAX).is_err());
}

#[test]
fn names_are_those_that_packs_accept_and_never_the_same() {
    let mut associated = Associated::default();
    let path = Path::new("slide.svs");
    for name in ["label", "Macro", "label", "LABEL ", "Doe^Jane", "…", &"x".repeat(40), &"x".repeat(41)] {
        associated.add(path, name, || Ok(vec![0xff, 0xd8, 0xff]));
    }
    let names: Vec<&str> = associated.images.iter().map(|image| &image.name[..]).collect();
    let long = "x".repeat(MAX_NAME);
    let second = format!("{long}-2");
    assert_eq!(names, ["label", "macro", "label-2", "label-3", "doe-jane", "image", &long, &second]);
    assert!(names.iter().all(|name| AssociatedImage::is_name(name)));
}

#[test]
fn images_that_fail_or_are_too_many_are_left_out() {
    let mut associated = Associated::default();
    let path = Path::new("slide.svs");
    associated.add(path, "label", || Err("damaged".into()));
    associated.add(path, "label", || panic!("a decoder's fault"));
    assert_eq!(associated, Associated::default());
    for _ in 0..MAX_IMAGES + 3 {
        associated.add(path, "label", || Ok(vec![0xff, 0xd8, 0xff]));
    }
    assert_eq!(associated.images.len(), MAX_IMAGES);
}

#[test]
fn a_description_is_cut_between_characters() {
    assert_eq!(description(" Aperio\r\nx \n").as_deref(), Some("Aperio\r\nx"));
    assert_eq!(description(" \r\n"), None);
    let long = format!("x{}", "é".repeat(MAX_DESCRIPTION));
    let cut = description(&long).unwrap();
    assert_eq!(cut.len(), MAX_DESCRIPTION - 1);
    assert!(long.starts_with(&cut));
}

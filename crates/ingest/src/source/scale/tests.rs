//! Tests of the order in which the places of a file are tried.

use super::*;

fn square(mpp: f64) -> Option<PixelSize> {
    Some(PixelSize { x: mpp, y: mpp })
}

/// Resolution tags with the same number across and down.
fn density(number: f64, unit: Option<f64>) -> Option<Density> {
    Some(Density { x: number, y: number, unit })
}

#[test]
fn of_the_places_in_a_tiff_the_first_plausible_one_counts() {
    let ome = Scale { mpp: square(0.3), objective: Some(60.0) };
    let (unknown, tags) = (Scale::default(), density(40_000.0, Some(CENTIMETRE)));
    for (ome, description, density, expected) in [
        (ome, "Aperio|MPP = 0.499|AppMag = 20", tags, ome),
        (
            unknown,
            "Aperio|MPP = 0.499|AppMag = 20",
            tags,
            Scale { mpp: square(0.499), objective: Some(20.0) },
        ),
        (unknown, "Aperio|MPP = 0|AppMag = 20", tags, Scale { mpp: square(0.25), objective: Some(20.0) }),
        (
            unknown,
            "ImageJ=1.53c\nunit=micron\n",
            density(2.0, None),
            Scale { mpp: square(0.5), objective: None },
        ),
        (unknown, "ImageJ=1.53c\nunit=pixel\n", tags, Scale { mpp: square(0.25), objective: None }),
        (unknown, "", density(72.0, Some(INCH)), unknown),
        (unknown, "", None, unknown),
    ] {
        assert_eq!(Scale::of_description(ome, description, density), expected, "{description:?}");
    }
}

#[test]
fn what_is_missing_is_filled_from_the_next_source() {
    let first = Scale { mpp: square(0.25), objective: None };
    let second = Scale { mpp: square(1.0), objective: Some(20.0) };
    assert_eq!(first.or(second), Scale { mpp: square(0.25), objective: Some(20.0) });
}

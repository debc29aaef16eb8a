//! Discs beside each other: regions in a space, spaces on the map. Each lies as near as there is room to where it wants to be.

use std::collections::HashMap;

use super::force::Point;

/// Turns of a spiral that spread evenly (the golden angle).
pub(super) const GOLDEN_ANGLE: f32 = 2.399_963_2;
/// Spots that are tried for one disc before it is put beyond all others.
const MAX_TRIED: usize = 4_000;

/// A disc that is to be put somewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Disc {
    pub radius: f32,
    /// Where it lay, if it did.
    pub before: Option<Point>,
}

/// Puts discs in their order: each where it lay, else amid those it is related to that have a place, else in the middle; and
/// then as near to that as nothing else lies. `related` gives pairs with how strongly they are tied.
pub(super) fn pack(discs: &[Disc], related: &[(u32, u32, f32)], gap: f32) -> Vec<Point> {
    let mut ties: HashMap<u32, Vec<(u32, f32)>> = HashMap::new();
    for (a, b, weight) in related {
        ties.entry(*a).or_default().push((*b, *weight));
        ties.entry(*b).or_default().push((*a, *weight));
    }
    // What lay somewhere goes first and so stays; then the large ones, so that small ones fill what is left between them.
    let mut order: Vec<u32> = (0..discs.len() as u32).collect();
    order.sort_by(|a, b| {
        let (one, other) = (&discs[*a as usize], &discs[*b as usize]);
        other.before.is_some().cmp(&one.before.is_some()).then(other.radius.total_cmp(&one.radius)).then(a.cmp(b))
    });
    let mut places: Vec<Option<Point>> = vec![None; discs.len()];
    let widest = discs.iter().map(|disc| disc.radius).fold(0.0, f32::max);
    let mut taken = Taken::new(widest * 2.0 + gap);
    for index in order {
        let disc = &discs[index as usize];
        let wanted = disc.before.unwrap_or_else(|| amid(&places, ties.get(&index)));
        let at = taken.free(wanted, disc.radius, gap);
        taken.take(at, disc.radius);
        places[index as usize] = Some(at);
    }
    places.into_iter().flatten().collect()
}

fn amid(places: &[Option<Point>], ties: Option<&Vec<(u32, f32)>>) -> Point {
    let (mut sum, mut weights) = ([0.0_f32; 2], 0.0);
    for (other, weight) in ties.into_iter().flatten() {
        if let Some([x, y]) = places[*other as usize] {
            sum = [sum[0] + x * weight, sum[1] + y * weight];
            weights += weight;
        }
    }
    if weights > 0.0 { [sum[0] / weights, sum[1] / weights] } else { [0.0; 2] }
}

/// What lies where, by squares that are as wide as the widest disc.
struct Taken {
    width: f32,
    squares: HashMap<(i32, i32), Vec<(Point, f32)>>,
    farthest: f32,
}

impl Taken {
    fn new(width: f32) -> Self {
        Self { width: width.max(1e-3), squares: HashMap::new(), farthest: 0.0 }
    }

    fn square(&self, [x, y]: Point) -> (i32, i32) {
        ((x / self.width).floor() as i32, (y / self.width).floor() as i32)
    }

    fn take(&mut self, at: Point, radius: f32) {
        let square = self.square(at);
        self.squares.entry(square).or_default().push((at, radius));
        self.farthest = self.farthest.max(at[0].hypot(at[1]) + radius);
    }

    fn is_free(&self, at: Point, radius: f32, gap: f32) -> bool {
        let (column, row) = self.square(at);
        let around = (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (column + dx, row + dy)));
        around
            .filter_map(|square| self.squares.get(&square))
            .flatten()
            .all(|(other, other_radius)| (at[0] - other[0]).hypot(at[1] - other[1]) >= radius + other_radius + gap)
    }

    /// The first free spot on a spiral around where it wants to be.
    fn free(&self, wanted: Point, radius: f32, gap: f32) -> Point {
        let pitch = (radius * 0.2).max(gap / 2.0).max(self.width * 0.02);
        for turn in 0..MAX_TRIED {
            // Wider and wider: where much lies already, near spots are taken.
            let wider = 1.0 + turn as f32 / 400.0;
            let (distance, angle) = (pitch * (turn as f32).sqrt() * wider, turn as f32 * GOLDEN_ANGLE);
            let at = [wanted[0] + distance * angle.cos(), wanted[1] + distance * angle.sin()];
            if self.is_free(at, radius, gap) {
                return at;
            }
        }
        let length = wanted[0].hypot(wanted[1]).max(1e-3);
        let beyond = self.farthest + radius + gap;
        [wanted[0] / length * beyond, wanted[1] / length * beyond]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_discs_overlap_and_related_ones_are_near() {
        let discs: Vec<Disc> = (0..200).map(|n| Disc { radius: 1.0 + (n * 7 % 13) as f32, before: None }).collect();
        let related = [(10_u32, 20_u32, 5.0_f32)];
        let places = pack(&discs, &related, 0.5);
        for (n, (a, one)) in places.iter().zip(&discs).enumerate() {
            for (b, other) in places.iter().zip(&discs).skip(n + 1) {
                assert!((a[0] - b[0]).hypot(a[1] - b[1]) >= one.radius + other.radius + 0.49);
            }
        }
        let apart = |a: usize, b: usize| (places[a][0] - places[b][0]).hypot(places[a][1] - places[b][1]);
        let mean = (0..199).map(|n| apart(n, n + 1)).sum::<f32>() / 199.0;
        assert!(apart(10, 20) < mean, "{} {mean}", apart(10, 20));
    }

    #[test]
    fn what_lay_somewhere_stays() {
        let mut discs: Vec<Disc> = (0..30).map(|n| Disc { radius: 2.0 + (n % 5) as f32, before: None }).collect();
        let first = pack(&discs, &[], 1.0);
        for (disc, at) in discs.iter_mut().zip(&first) {
            disc.before = Some(*at);
        }
        discs.push(Disc { radius: 30.0, before: None });
        assert_eq!(pack(&discs, &[], 1.0)[..30], first[..]);
    }
}

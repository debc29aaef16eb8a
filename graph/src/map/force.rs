//! Where the nodes of one community are: ForceAtlas2 (Jacomy and others, 2014), with the repulsion of what is far away
//! taken together by a Barnes-Hut tree. From the same start it comes to the same end, on any number of threads.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

/// How far a cell must be away, in its own widths, to be taken as one body.
const THETA: f32 = 1.1;
const REPULSION: f32 = 1.0;
/// Pulls towards the middle, so that parts without a link to the others stay.
const GRAVITY: f32 = 0.05;
/// Steps of a small community, and of the largest.
const MAX_STEPS: usize = 70;
const MIN_STEPS: usize = 24;
/// From so many nodes on the steps become fewer.
const SMALL: usize = 600;
/// From so many nodes on one step is worth several threads.
const WORTH_THREADS: usize = 8_000;
/// Bodies that lie on one spot are not told apart further down.
const MAX_DEPTH: usize = 24;

/// A point of the map.
pub(super) type Point = [f32; 2];

/// Moves points that are tied by links until they lie well. Stops where it is when it is told to.
pub(super) fn settle(points: &mut [Point], links: &[(u32, u32)], stop: &AtomicBool) {
    let count = points.len();
    if count < 2 {
        return;
    }
    let mut masses = vec![1.0_f32; count];
    for (a, b) in links {
        masses[*a as usize] += 1.0;
        masses[*b as usize] += 1.0;
    }
    let steps = (MAX_STEPS * SMALL / count.max(SMALL)).max(MIN_STEPS);
    let mut forces = vec![[0.0_f32; 2]; count];
    let mut last = forces.clone();
    let mut tree = Tree::default();
    let mut speed = 1.0_f32;
    for _ in 0..steps {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        tree.build(points, &masses);
        let push = |(index, force): (usize, &mut Point)| {
            let [x, y] = points[index];
            let away = tree.push(x, y, masses[index]);
            *force = [away[0] - GRAVITY * masses[index] * x, away[1] - GRAVITY * masses[index] * y];
        };
        if count >= WORTH_THREADS {
            forces.par_iter_mut().enumerate().for_each(push);
        } else {
            forces.iter_mut().enumerate().for_each(push);
        }
        for (a, b) in links {
            let (a, b) = (*a as usize, *b as usize);
            let (dx, dy) = (points[b][0] - points[a][0], points[b][1] - points[a][1]);
            forces[a][0] += dx;
            forces[a][1] += dy;
            forces[b][0] -= dx;
            forces[b][1] -= dy;
        }
        speed = step(points, &masses, &forces, &last, speed);
        std::mem::swap(&mut forces, &mut last);
    }
}

/// Moves every point by its force: slower the more it swings, and all of them slower the more they swing together.
fn step(points: &mut [Point], masses: &[f32], forces: &[Point], last: &[Point], speed: f32) -> f32 {
    let (mut swinging, mut going) = (0.0_f64, 0.0_f64);
    let swing_of = |index: usize| {
        let ([fx, fy], [lx, ly]) = (forces[index], last[index]);
        (fx - lx).hypot(fy - ly)
    };
    for index in 0..points.len() {
        let ([fx, fy], [lx, ly]) = (forces[index], last[index]);
        swinging += f64::from(masses[index] * swing_of(index));
        going += f64::from(masses[index] * (fx + lx).hypot(fy + ly)) / 2.0;
    }
    let wanted = (going / swinging.max(1e-9)) as f32;
    let speed = wanted.min(speed * 1.5).max(1e-4);
    for (index, point) in points.iter_mut().enumerate() {
        let factor = 0.3 * speed / (1.0 + (speed * swing_of(index)).sqrt());
        let [fx, fy] = forces[index];
        // No step is wider than the forces are sure of.
        let limit = (10.0 / fx.hypot(fy).max(1e-9)).min(factor);
        point[0] += fx * limit;
        point[1] += fy * limit;
    }
    speed
}

/// A square of the plane with what lies in it.
#[derive(Clone, Copy)]
struct Cell {
    /// The middle of what lies in it.
    at: Point,
    mass: f32,
    width: f32,
    /// The first of its four quarters; none if it is a leaf.
    quarters: Option<u32>,
}

/// The bodies of one step, by where they are.
#[derive(Default)]
struct Tree {
    cells: Vec<Cell>,
    corners: Vec<Point>,
}

impl Tree {
    fn build(&mut self, points: &[Point], masses: &[f32]) {
        self.cells.clear();
        self.corners.clear();
        let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
        for point in points {
            for axis in 0..2 {
                low[axis] = low[axis].min(point[axis]);
                high[axis] = high[axis].max(point[axis]);
            }
        }
        let width = (high[0] - low[0]).max(high[1] - low[1]).max(1e-3);
        self.open(low, width);
        for (point, mass) in points.iter().zip(masses) {
            self.add(*point, *mass);
        }
        for cell in &mut self.cells {
            if cell.mass > 0.0 && cell.quarters.is_some() {
                cell.at = [cell.at[0] / cell.mass, cell.at[1] / cell.mass];
            }
        }
    }

    fn open(&mut self, corner: Point, width: f32) {
        self.cells.push(Cell { at: [0.0; 2], mass: 0.0, width, quarters: None });
        self.corners.push(corner);
    }

    /// Adds a body; of cells with quarters `at` is a sum until all are there.
    fn add(&mut self, point: Point, mass: f32) {
        let (mut index, mut depth) = (0_usize, 0);
        loop {
            let cell = self.cells[index];
            if cell.quarters.is_none() {
                if cell.mass == 0.0 {
                    self.cells[index] = Cell { at: point, mass, ..cell };
                    return;
                }
                if depth == MAX_DEPTH {
                    self.cells[index].mass += mass;
                    return;
                }
                self.split(index);
            }
            let cell = &mut self.cells[index];
            cell.at = [cell.at[0] + point[0] * mass, cell.at[1] + point[1] * mass];
            cell.mass += mass;
            index = self.quarter(index, point);
            depth += 1;
        }
    }

    /// Gives a leaf quarters, and its body to one of them.
    fn split(&mut self, index: usize) {
        let (cell, corner) = (self.cells[index], self.corners[index]);
        let half = cell.width / 2.0;
        let first = self.cells.len() as u32;
        for quarter in 0..4 {
            let right = if quarter & 1 == 1 { half } else { 0.0 };
            let down = if quarter & 2 == 2 { half } else { 0.0 };
            self.open([corner[0] + right, corner[1] + down], half);
        }
        let summed = [cell.at[0] * cell.mass, cell.at[1] * cell.mass];
        self.cells[index] = Cell { at: summed, quarters: Some(first), ..cell };
        let into = self.quarter(index, cell.at);
        self.cells[into].at = cell.at;
        self.cells[into].mass = cell.mass;
    }

    fn quarter(&self, index: usize, point: Point) -> usize {
        let cell = self.cells[index];
        let half = cell.width / 2.0;
        let corner = self.corners[index];
        let right = usize::from(point[0] >= corner[0] + half);
        let down = usize::from(point[1] >= corner[1] + half);
        cell.quarters.expect("it was split") as usize + right + 2 * down
    }

    /// How all others push away what is there.
    fn push(&self, x: f32, y: f32, mass: f32) -> Point {
        let mut force = [0.0_f32; 2];
        // Four for each level, less the one that is looked at.
        let mut waiting = [0_u32; 4 * MAX_DEPTH];
        let mut top = 1;
        while top > 0 {
            top -= 1;
            let cell = self.cells[waiting[top] as usize];
            if cell.mass == 0.0 {
                continue;
            }
            let (dx, dy) = (x - cell.at[0], y - cell.at[1]);
            let squared = dx * dx + dy * dy;
            match cell.quarters {
                Some(first) if cell.width * cell.width > THETA * THETA * squared => {
                    for quarter in 0..4 {
                        waiting[top] = first + quarter;
                        top += 1;
                    }
                }
                _ if squared < 1e-6 => {}
                _ => {
                    let factor = REPULSION * mass * cell.mass / squared;
                    force[0] += dx * factor;
                    force[1] += dy * factor;
                }
            }
        }
        force
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(a: Point, b: Point) -> f32 {
        (a[0] - b[0]).hypot(a[1] - b[1])
    }

    #[test]
    fn what_is_tied_comes_to_lie_together_the_same_each_time() {
        // Two rings of six that nothing ties.
        let ring = |from: u32| (0..6_u32).map(move |n| (from + n, from + (n + 1) % 6));
        let links: Vec<(u32, u32)> = ring(0).chain(ring(6)).collect();
        let start: Vec<Point> = (0..12).map(|n| [(n * 7 % 12) as f32, (n * 5 % 12) as f32]).collect();
        let settled = || {
            let mut points = start.clone();
            settle(&mut points, &links, &AtomicBool::new(false));
            points
        };
        let points = settled();
        assert_eq!(points, settled());
        let mean = |pairs: Vec<f32>| pairs.iter().sum::<f32>() / pairs.len() as f32;
        let within = mean(links.iter().map(|(a, b)| distance(points[*a as usize], points[*b as usize])).collect());
        let between = mean((0..6).map(|n| distance(points[n], points[n + 6])).collect());
        assert!(within < between, "{within} {between}");
    }

    #[test]
    fn many_on_one_spot_are_no_trouble() {
        let mut points = vec![[1.0, 1.0]; 100];
        settle(&mut points, &[(0, 1)], &AtomicBool::new(false));
        assert!(points.iter().flatten().all(|axis| axis.is_finite()));
    }
}

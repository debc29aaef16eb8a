//! A placement as bytes: checked, little-endian, and only ids and numbers, since it is kept outside the graph.

use std::collections::HashMap;

use crate::id::Id;

use super::{Placement, Region, Spot};

/// Begins the file; changes with what follows.
const MAGIC: &[u8; 8] = b"HYPLACE1";
/// A hub or rim that is not there.
const NONE: u64 = u64::MAX;

impl Placement {
    /// Returns it as it is kept in a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(self.epoch.to_le_bytes());
        out.extend(self.laid.to_le_bytes());
        out.extend((self.regions.len() as u32).to_le_bytes());
        for region in &self.regions {
            out.extend((region.space.len() as u32).to_le_bytes());
            out.extend(region.space.as_bytes());
            for number in [region.at[0], region.at[1], region.radius] {
                out.extend(number.to_le_bytes());
            }
            out.extend(region.hub.map_or(NONE, |hub| hub.0).to_le_bytes());
            out.extend(region.rim.map_or(NONE, u64::from).to_le_bytes());
        }
        let mut spots: Vec<(&Id, &Spot)> = self.spots.iter().collect();
        spots.sort_unstable_by_key(|(id, _)| **id);
        out.extend((spots.len() as u32).to_le_bytes());
        for (id, spot) in spots {
            out.extend(id.0.to_le_bytes());
            out.extend(spot.at[0].to_le_bytes());
            out.extend(spot.at[1].to_le_bytes());
            out.extend(spot.region.to_le_bytes());
        }
        out.extend(crc32fast::hash(&out).to_le_bytes());
        out
    }

    /// Reads it back; `None` if it is damaged, or of another version: then the map is laid out anew.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (body, sum) = bytes.split_last_chunk::<4>()?;
        if crc32fast::hash(body) != u32::from_le_bytes(*sum) {
            return None;
        }
        let mut rest = Bytes(body.strip_prefix(MAGIC)?);
        let (epoch, laid) = (rest.u64()?, rest.u32()?);
        let count = rest.u32()?;
        let mut regions = Vec::new();
        for _ in 0..count {
            let length = rest.u32()? as usize;
            let space = String::from_utf8(rest.take(length)?.to_vec()).ok()?;
            let (at, radius) = ([rest.f32()?, rest.f32()?], rest.f32()?);
            let hub = Some(rest.u64()?).filter(|hub| *hub != NONE).map(Id);
            let rim = Some(rest.u64()?).filter(|rim| *rim != NONE).map(|rim| rim as u32);
            regions.push(Region { space, at, radius, hub, rim });
        }
        let count = rest.u32()?;
        let mut spots = HashMap::new();
        for _ in 0..count {
            let id = Id(rest.u64()?);
            let at = [rest.f32()?, rest.f32()?];
            let region = rest.u16()?;
            if usize::from(region) >= regions.len() || !at.iter().all(|axis| axis.is_finite()) {
                return None;
            }
            spots.insert(id, Spot { at, region });
        }
        rest.0.is_empty().then_some(Self { epoch, laid, spots, regions, is_changed: false })
    }
}

/// What is still to be read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn f32(&mut self) -> Option<f32> {
        self.array().map(f32::from_le_bytes)
    }
}

//! A table whose ids are never given twice: a slot's number and how often it was reused.

/// Slots by id. Iterates in slot order.
#[derive(Debug)]
pub(crate) struct Arena<T> {
    slots: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
    limit: usize,
}

impl<T> Arena<T> {
    pub(crate) fn new(limit: usize) -> Self {
        Arena { slots: Vec::new(), free: Vec::new(), limit }
    }

    /// `None` when the table is full.
    pub(crate) fn insert(&mut self, value: T) -> Option<u64> {
        if self.len() >= self.limit {
            return None;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push((0, None));
            self.slots.len() as u32 - 1
        });
        let (generation, place) = &mut self.slots[slot as usize];
        *place = Some(value);
        Some(u64::from(*generation) << 32 | u64::from(slot))
    }

    pub(crate) fn get(&self, id: u64) -> Option<&T> {
        let (generation, place) = self.slots.get(id as u32 as usize)?;
        if u64::from(*generation) == id >> 32 { place.as_ref() } else { None }
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut T> {
        let (generation, place) = self.slots.get_mut(id as u32 as usize)?;
        if u64::from(*generation) == id >> 32 { place.as_mut() } else { None }
    }

    pub(crate) fn remove(&mut self, id: u64) -> Option<T> {
        let (generation, place) = self.slots.get_mut(id as u32 as usize)?;
        if u64::from(*generation) != id >> 32 {
            return None;
        }
        let value = place.take()?;
        *generation = generation.wrapping_add(1);
        self.free.push(id as u32);
        Some(value)
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (u64, &mut T)> {
        self.slots.iter_mut().enumerate().filter_map(|(slot, (generation, place))| {
            Some((u64::from(*generation) << 32 | slot as u64, place.as_mut()?))
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.slots.iter().enumerate().filter_map(|(slot, (generation, place))| {
            Some((u64::from(*generation) << 32 | slot as u64, place.as_ref()?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_id_never_finds_the_slots_next_tenant() {
        let mut arena = Arena::new(2);
        let a = arena.insert('a').unwrap();
        arena.insert('b').unwrap();
        assert_eq!((arena.insert('c'), arena.remove(a)), (None, Some('a')));
        let c = arena.insert('c').unwrap();
        assert_eq!((arena.get(a), arena.get(c)), (None, Some(&'c')));
        assert_eq!(arena.remove(a), None);
    }
}

//! A type of the user's claims that the nodes it names are distinct.
//@ error: E0277

use polder::{Disjoint, DuplicateRef, Ref};

struct Twice<'r>(Ref<'r, u64>);

#[cfg(feature = "crime")]
impl<'r> Disjoint<'r> for Twice<'r> {
    type Mut<'x>
        = [&'x mut u64; 2]
    where
        'r: 'x;

    fn check(&self) -> Result<(), DuplicateRef> {
        Ok(())
    }

    unsafe fn borrow_mut<'x>(self) -> [&'x mut u64; 2]
    where
        'r: 'x,
    {
        unreachable!()
    }
}

#[cfg(not(feature = "crime"))]
impl<'r> Twice<'r> {
    fn refs(self) -> impl Disjoint<'r> {
        [self.0, self.0]
    }
}

fn main() {}

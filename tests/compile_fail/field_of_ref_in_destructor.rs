//! A destructor reads another node, which may be gone already.
//@ error: E0609

use polder::{Rebrand, Ref, Region};

#[derive(Rebrand)]
struct Node<'r> {
    val: u64,
    next: Option<Ref<'r, Node<'r>>>,
}

impl Drop for Node<'_> {
    fn drop(&mut self) {
        #[cfg(feature = "crime")]
        let seen = self.next.map(|next| next.val);
        #[cfg(not(feature = "crime"))]
        let seen = self.next.map(|_| self.val);
        println!("{seen:?}");
    }
}

fn main() {
    let _region: Region<Ref<'static, Node<'static>>> = Region::new(|ctx| ctx.alloc(Node { val: 1, next: None }));
}

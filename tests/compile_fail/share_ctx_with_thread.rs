//! Two threads allocate by one shared session.
//@ error: E0277

use polder::Region;

fn main() {
    let mut region: Region<()> = Region::new(|_| ());
    region.open(|_, ctx| {
        #[cfg(feature = "crime")]
        let lent = &*ctx;
        #[cfg(not(feature = "crime"))]
        let lent = &mut *ctx;
        std::thread::scope(|scope| {
            scope.spawn(move || lent.alloc(1_u64).addr());
            #[cfg(feature = "crime")]
            ctx.alloc(2_u64);
        });
    });
}

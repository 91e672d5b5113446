//! A relocation takes a value with a destructor apart, whose destructor would not run.
//@ error: E0509

use polder::{Mover, Rebrand, Region, Relocate};

struct Noisy {
    name: String,
}

impl Drop for Noisy {
    fn drop(&mut self) {
        println!("{}", self.name);
    }
}

impl Rebrand for Noisy {
    type At<'r> = Noisy;
}

impl Relocate for Noisy {
    fn relocate<'o, 'n>(mut noisy: Noisy, _: &mut Mover<'o, 'n>) -> Noisy {
        #[cfg(feature = "crime")]
        let Noisy { name } = noisy;
        #[cfg(not(feature = "crime"))]
        let name = {
            let name = std::mem::take(&mut noisy.name);
            std::mem::forget(noisy);
            name
        };
        Noisy { name }
    }
}

fn main() {
    let region: Region<Noisy> = Region::new(|_| Noisy { name: String::from("once") });
    let _region = region.compact();
}

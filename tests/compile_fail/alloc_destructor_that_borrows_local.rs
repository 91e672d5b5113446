//! A node's destructor reads a local that is gone before the region is.
//@ error: E0597

use polder::Region;

struct Shout<'a>(&'a str);

impl Drop for Shout<'_> {
    fn drop(&mut self) {
        println!("{}", self.0);
    }
}

fn main() {
    let mut region: Region<()> = Region::new(|_| ());
    {
        let local = String::from("gone");
        #[cfg(feature = "crime")]
        let text: &str = &local;
        #[cfg(not(feature = "crime"))]
        let text: &'static str = local.leak();
        region.open(|_, ctx| {
            ctx.alloc(Shout(text));
        });
    }
}

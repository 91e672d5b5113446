//! Puts one call after another to a map and to the standard one, and compares.

use std::collections::HashMap;

use crate::call::{Call, Subject, expected};

/// Fails at the first answer that is not the standard map's, and at the first difference in what the maps hold.
pub(crate) fn walk(map: &impl Subject, bytes: &[u8]) {
    let mut model: HashMap<u64, u64> = HashMap::new();
    for (number, chunk) in bytes.as_chunks().0.iter().enumerate() {
        let call = Call::decode(0, *chunk);
        for call in [call, Call::Iterate, Call::Len] {
            assert_eq!(map.ask(call), expected(&mut model, call), "step {number}: {call:?}");
        }
    }
}

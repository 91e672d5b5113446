//! What both kinds of sets do as the maps do that they are.

macro_rules! set_operations {
    ($set:ident<$($param:ident),*> where $($bound:tt)*) => {
        impl<$($param),*> $set<$($param),*>
        where
            $($bound)*
        {
            /// The items of both sets; of two equal ones, that of this set. Costs what differs, as all that take two sets.
            #[must_use = "the new version is the result"]
            pub fn union(&self, other: &Self) -> Self {
                Self { map: self.map.union(&other.map) }
            }

            /// The items of this set that the other one has too.
            #[must_use = "the new version is the result"]
            pub fn intersection(&self, other: &Self) -> Self {
                Self { map: self.map.intersection(&other.map) }
            }

            /// The items of this set that the other one has not.
            #[must_use = "the new version is the result"]
            pub fn difference(&self, other: &Self) -> Self {
                Self { map: self.map.difference(&other.map) }
            }

            /// The items that one of the sets has alone.
            #[must_use = "the new version is the result"]
            pub fn symmetric_difference(&self, other: &Self) -> Self {
                Self { map: self.map.symmetric_difference(&other.map) }
            }

            /// The set with the changes of a patch, such as one that was collected from a `diff`, whichever set that was made from.
            #[must_use = "the new version is the result"]
            pub fn apply(&self, patch: &$crate::persistent::Patch<T, ()>) -> Self {
                Self { map: self.map.apply(patch) }
            }
        }

        $crate::persistent::sets::set_operations! {
            @operator BitOr, bitor, union: [$set<$($param),*>] [$($param),*] [$($bound)*];
            @operator BitAnd, bitand, intersection: [$set<$($param),*>] [$($param),*] [$($bound)*];
            @operator BitXor, bitxor, symmetric_difference: [$set<$($param),*>] [$($param),*] [$($bound)*];
            @operator Sub, sub, difference: [$set<$($param),*>] [$($param),*] [$($bound)*];
        }
    };
    ($(@operator $trait:ident, $name:ident, $method:ident: [$set:ty] [$($param:ident),*] [$($bound:tt)*];)*) => { $(
        #[doc = concat!("By `", stringify!($method), "`.")]
        impl<$($param),*> core::ops::$trait for &$set
        where
            $($bound)*
        {
            type Output = $set;

            fn $name(self, other: Self) -> $set {
                self.$method(other)
            }
        }
    )* };
}
pub(super) use set_operations;

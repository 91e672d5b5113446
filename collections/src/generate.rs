//! Collections for tests: how strategies of proptest and `Arbitrary` of both crates are made, for persistent and frozen collections alike.

/// For each collection a function that makes strategies, and proptest's `Arbitrary`: from the collection of std that proptest knows.
#[cfg(feature = "proptest")]
macro_rules! strategies {
    ($(
        $(#[$doc:meta])*
        $name:ident($first:ident: $First:ident $(, $second:ident: $Second:ident)?) where { $($bound:tt)* } -> $type:ident, by $std:ident, $Std:ident;
    )*) => { $(
        $(#[$doc])*
        pub fn $name<$First: Strategy $(, $Second: Strategy)?>(
            $first: $First,
            $($second: $Second,)?
            size: impl Into<SizeRange>,
        ) -> impl Strategy<Value = $type<$First::Value $(, $Second::Value)?>>
        where
            $First::Value: $($bound)*,
        {
            collection::$std($first, $($second,)? size).prop_map(|items| items.into_iter().collect())
        }

        impl<$First: Arbitrary + $($bound)* $(, $Second: Arbitrary)?> Arbitrary for $type<$First $(, $Second)?> {
            type Parameters = <$Std<$First $(, $Second)?> as Arbitrary>::Parameters;
            type Strategy = Map<<$Std<$First $(, $Second)?> as Arbitrary>::Strategy, fn($Std<$First $(, $Second)?>) -> Self>;

            fn arbitrary_with(parameters: Self::Parameters) -> Self::Strategy {
                any_with::<$Std<$First $(, $Second)?>>(parameters).prop_map(|items| items.into_iter().collect())
            }
        }
    )* };
}
#[cfg(feature = "proptest")]
pub(crate) use strategies;

#[cfg(feature = "arbitrary")]
mod from_bytes {
    use core::hash::{BuildHasher, Hash};

    use arbitrary::{Arbitrary, Result, Unstructured};

    use crate::{frozen, persistent};

    macro_rules! arbitrary {
        ($([$($param:tt)*] $type:ty;)*) => { $(
            /// As many as the input has; of equal keys, those count that count for `FromIterator`.
            impl<'a, $($param)*> Arbitrary<'a> for $type {
                fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
                    input.arbitrary_iter()?.collect()
                }

                fn arbitrary_take_rest(input: Unstructured<'a>) -> Result<Self> {
                    input.arbitrary_take_rest_iter()?.collect()
                }
            }
        )* };
    }

    arbitrary! {
        [K: Arbitrary<'a> + Hash + Eq, V: Arbitrary<'a>, S: BuildHasher + Default] persistent::Map<K, V, S>;
        [T: Arbitrary<'a> + Hash + Eq, S: BuildHasher + Default] persistent::Set<T, S>;
        [K: Arbitrary<'a> + Ord + Clone, V: Arbitrary<'a>] persistent::OrdMap<K, V>;
        [T: Arbitrary<'a> + Ord + Clone] persistent::OrdSet<T>;
        [T: Arbitrary<'a>] persistent::Vector<T>;
        [K: Arbitrary<'a> + Hash + Eq, V: Arbitrary<'a>, S: BuildHasher + Default] frozen::Map<K, V, S>;
        [T: Arbitrary<'a> + Hash + Eq, S: BuildHasher + Default] frozen::Set<T, S>;
    }
}

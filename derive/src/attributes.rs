//! `#[region(…)]`: which words are valid where, and what they say.

use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Meta, Result, Token, WherePredicate, parenthesized};

/// How the value of a field reaches the new brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carry {
    /// By the trait, through the family of its type.
    Trait,
    /// Unchanged: `#[region(skip)]`.
    Skip,
    /// Not at all, `Default` makes another one: `#[region(default)]`.
    Default,
}

/// The predicates of `#[region(bound(…))]` on the type itself.
pub(crate) fn on_type(attributes: &[Attribute]) -> Result<Vec<WherePredicate>> {
    let mut predicates = Vec::new();
    each(attributes, |meta| {
        if !meta.path.is_ident("bound") {
            return Err(unknown(&meta, "a type takes `bound(…)`"));
        }
        let content;
        parenthesized!(content in meta.input);
        predicates.extend(Punctuated::<WherePredicate, Token![,]>::parse_terminated(&content)?);
        Ok(())
    })?;
    Ok(predicates)
}

/// Whether a type parameter is `#[region(plain)]`.
pub(crate) fn on_type_parameter(attributes: &[Attribute]) -> Result<bool> {
    let mut plain = false;
    each(attributes, |meta| {
        if !meta.path.is_ident("plain") {
            return Err(unknown(&meta, "a type parameter takes `plain`"));
        }
        if plain {
            return Err(meta.error("`plain` is given twice"));
        }
        plain = true;
        Ok(())
    })?;
    Ok(plain)
}

/// How a field is carried over.
pub(crate) fn on_field(attributes: &[Attribute]) -> Result<Carry> {
    let mut carry = Carry::Trait;
    each(attributes, |meta| {
        let new = if meta.path.is_ident("skip") {
            Carry::Skip
        } else if meta.path.is_ident("default") {
            Carry::Default
        } else {
            return Err(unknown(&meta, "a field takes `skip` or `default`"));
        };
        if carry != Carry::Trait {
            return Err(meta.error("a field takes only one of `skip` and `default`, once"));
        }
        carry = new;
        Ok(())
    })?;
    Ok(carry)
}

/// Refuses every `region` attribute; `place` says where, as in "a variant".
pub(crate) fn nowhere(attributes: &[Attribute], place: &str) -> Result<()> {
    match attributes.iter().find(|attribute| attribute.path().is_ident("region")) {
        Some(attribute) => Err(Error::new_spanned(
            attribute,
            format!(
                "{place} takes no `region` attribute: `bound(…)` belongs on the type, `plain` on a type parameter, \
                 `skip` and `default` on a field"
            ),
        )),
        None => Ok(()),
    }
}

fn each(attributes: &[Attribute], mut word: impl FnMut(ParseNestedMeta<'_>) -> Result<()>) -> Result<()> {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("region")) {
        if !matches!(attribute.meta, Meta::List(_)) {
            return Err(Error::new_spanned(attribute, "expected `#[region(…)]`"));
        }
        attribute.parse_nested_meta(&mut word)?;
    }
    Ok(())
}

fn unknown(meta: &ParseNestedMeta<'_>, valid: &str) -> Error {
    let word: Vec<_> = meta.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    meta.error(format!("no `region` attribute `{}` here: {valid}", word.join("::")))
}

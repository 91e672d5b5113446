//! Rewriting declared types: to the family, and to the member at another brand.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Error, Lifetime, Result, Type, TypePath, parse_quote_spanned};

use crate::input::Input;

/// The name that generated code gives to a brand of its own.
pub(crate) fn brand_at(span: Span) -> Lifetime {
    Lifetime::new("'__r", Span::mixed_site().located_at(span))
}

/// Whether a type is another one at another brand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Depends {
    No,
    /// It is a macro call, or of a syntax unknown here.
    Perhaps,
    /// It names the brand, a family parameter or `Self`.
    Yes,
}

/// Makes `node` speak of the family: `'static` in place of the brand.
pub(crate) fn to_family<T>(input: &Input, node: &mut T, visit: impl FnOnce(&mut Rewrite<'_>, &mut T)) -> Depends {
    let mut rewrite = Rewrite { input, target: Target::Family, depends: Depends::No, error: None };
    visit(&mut rewrite, node);
    rewrite.depends
}

/// Makes `node` speak of the member at the brand [`brand_at`].
pub(crate) fn to_member<T>(input: &Input, node: &mut T, visit: impl FnOnce(&mut Rewrite<'_>, &mut T)) -> Result<()> {
    let mut rewrite = Rewrite { input, target: Target::Member, depends: Depends::No, error: None };
    visit(&mut rewrite, node);
    rewrite.error.map_or(Ok(()), Err)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Family,
    Member,
}

pub(crate) struct Rewrite<'a> {
    input: &'a Input,
    target: Target,
    depends: Depends,
    error: Option<Error>,
}

impl Rewrite<'_> {
    fn is_brand(&self, lifetime: &Lifetime) -> bool {
        self.input.brand.as_ref() == Some(&lifetime.ident)
    }

    /// What stands in place of the brand at `span`.
    fn brand(&self, span: Span) -> Lifetime {
        match self.target {
            Target::Family => Lifetime::new("'static", span),
            Target::Member => brand_at(span),
        }
    }

    /// The member that `path` names, if it is a family parameter or `Self`.
    fn member(&mut self, path: &TypePath) -> Option<Type> {
        if path.qself.is_some() || path.path.leading_colon.is_some() {
            return None;
        }
        let name = &path.path.segments.first()?.ident;
        let is_self = name == "Self" && self.input.is_branded();
        if !is_self && !self.input.is_family(name) {
            return None;
        }
        self.depends = Depends::Yes;
        if self.target == Target::Family {
            return None;
        }
        if path.path.segments.len() > 1 {
            let message = format!(
                "the region macros cannot see which trait this type belongs to: write `<{name} as Trait>::…` in full"
            );
            self.error.get_or_insert_with(|| Error::new_spanned(path, message));
            return None;
        }
        if is_self {
            return Some(self.input.member());
        }
        let brand = brand_at(name.span());
        Some(parse_quote_spanned!(name.span()=> <#name as ::polder::Rebrand>::At<#brand>))
    }

    fn tokens(&mut self, tokens: TokenStream) -> TokenStream {
        let mut rewritten = Vec::new();
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), self.tokens(group.stream()));
                    inner.set_span(group.span());
                    rewritten.push(TokenTree::Group(inner));
                }
                TokenTree::Punct(punct) if punct.as_char() == '\'' => match tokens.peek() {
                    Some(TokenTree::Ident(name)) if self.input.brand.as_ref() == Some(name) => {
                        let span = name.span();
                        let brand = self.brand(span);
                        tokens.next();
                        self.depends = Depends::Yes;
                        rewritten.extend(quote_spanned!(span=> #brand));
                    }
                    _ => rewritten.push(TokenTree::Punct(punct)),
                },
                other => rewritten.push(other),
            }
        }
        rewritten.into_iter().collect()
    }
}

impl VisitMut for Rewrite<'_> {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if self.is_brand(lifetime) {
            self.depends = Depends::Yes;
            *lifetime = self.brand(lifetime.span());
        }
    }

    fn visit_type_mut(&mut self, ty: &mut Type) {
        match ty {
            Type::Path(path) => {
                if let Some(member) = self.member(path) {
                    *ty = member;
                    return;
                }
            }
            Type::Macro(_) | Type::Verbatim(_) if self.input.is_branded() => {
                self.depends = self.depends.max(Depends::Perhaps);
            }
            _ => {}
        }
        visit_mut::visit_type_mut(self, ty);
    }

    fn visit_token_stream_mut(&mut self, tokens: &mut TokenStream) {
        *tokens = self.tokens(std::mem::take(tokens));
    }
}

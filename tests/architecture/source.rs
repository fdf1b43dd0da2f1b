//! Source: Rust files as the architecture test sees them.
//!
//! A file is split into code, string literals and comments, and its code into paths such as
//! `crate::store::member`. This is a tokeniser and not a parser: no types, no macros expanded.

use std::{fs, path::Path};

/// Some files of the repository, or, in a control, some invented ones.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) sources: Vec<Source>,
}

impl Tree {
    /// Reads every file below the given folders whose name ends in one of `extensions`.
    pub(crate) fn read(root: &Path, folders: &[&str], extensions: &[&str]) -> Self {
        let mut tree = Self::default();
        for folder in folders {
            tree.read_folder(root, &root.join(folder), extensions);
        }
        tree.sources.sort_by(|a, b| a.path.cmp(&b.path));
        tree
    }

    /// Invented files, as path and text.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self { sources: files.iter().map(|(path, text)| Source::new(path, text)).collect() }
    }

    fn read_folder(&mut self, root: &Path, folder: &Path, extensions: &[&str]) {
        // A floor that is not built yet has no folder.
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries {
            let path = entry.expect("the folder can be listed").path();
            if path.is_dir() {
                self.read_folder(root, &path, extensions);
            } else if path.extension().is_some_and(|end| extensions.iter().any(|e| end == *e)) {
                let text = fs::read_to_string(&path).expect("a source file is readable UTF-8");
                let name = path.strip_prefix(root).expect("it lies below the root");
                self.sources.push(Source::new(&name.to_string_lossy(), &text));
            }
        }
    }
}

/// One file, split so that a word in a comment is never taken for code.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text with comments and the insides of literals left out, line by line as it was.
    pub(crate) code: String,
    pub(crate) strings: String,
    pub(crate) comments: String,
}

/// A path as the code names it, with `self`, `super` and braces resolved.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) line: usize,
    pub(crate) segments: Vec<String>,
}

impl Named {
    pub(crate) fn text(&self) -> String {
        self.segments.join("::")
    }

    /// Whether `part`, such as `env::var`, stands anywhere in this path.
    pub(crate) fn contains(&self, part: &str) -> bool {
        let part: Vec<&str> = part.split("::").collect();
        self.segments.windows(part.len()).any(|window| window == part)
    }

    /// Whether this path starts with `pattern`; a star at the end of the pattern matches the
    /// rest of that segment.
    pub(crate) fn starts_with(&self, pattern: &str) -> bool {
        let pattern: Vec<&str> = pattern.split("::").collect();
        self.segments.len() >= pattern.len()
            && self.segments.iter().zip(&pattern).all(|(segment, wanted)| {
                wanted.strip_suffix('*').map_or(segment == wanted, |head| segment.starts_with(head))
            })
    }
}

/// A word, `::`, or one sign, with the line it stands on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'a> {
    pub(crate) line: usize,
    pub(crate) text: &'a str,
}

impl Token<'_> {
    fn is_word(self) -> bool {
        self.text.starts_with(|sign: char| sign.is_alphabetic() || sign == '_')
    }
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let mut source = Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code: String::new(),
            strings: String::new(),
            comments: String::new(),
        };
        source.split();
        source
    }

    pub(crate) fn tokens(&self) -> Vec<Token<'_>> {
        let (mut tokens, mut line, mut rest) = (Vec::new(), 1, self.code.as_str());
        while let Some(sign) = rest.chars().next() {
            let word = |sign: char| sign.is_alphanumeric() || sign == '_';
            let length = if word(sign) {
                rest.find(|sign| !word(sign)).unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                sign.len_utf8()
            };
            let (text, after) = rest.split_at(length);
            if !sign.is_whitespace() {
                tokens.push(Token { line, text });
            }
            line += usize::from(sign == '\n');
            rest = after;
        }
        tokens
    }

    /// Every path of two segments or more, and every name that is imported.
    pub(crate) fn paths(&self) -> Vec<Named> {
        let tokens = self.tokens();
        let text = |index: usize| tokens.get(index).map_or("", |token: &Token<'_>| token.text);
        let (mut found, mut at, mut depth) = (Vec::new(), 0, 0);
        let mut module: Vec<(usize, String)> = module_of(&self.path).into_iter().map(|name| (0, name)).collect();
        while at < tokens.len() {
            let start = at;
            at += 1;
            match text(start) {
                "{" => depth += 1,
                "}" => {
                    module.retain(|(opened, _)| *opened == 0 || *opened < depth);
                    depth = depth.saturating_sub(1);
                }
                "mod" if text(start + 2) == "{" => {
                    depth += 1;
                    module.push((depth, text(start + 1).to_owned()));
                    at = start + 3;
                }
                // `use<'a>` is a bound and no import.
                "use" if text(at) != "<" => {
                    let mut leaves = Vec::new();
                    read_use(&tokens, &mut at, &[], &mut leaves);
                    found.extend(leaves.into_iter().map(|mut named| {
                        named.segments = resolve(named.segments, &module);
                        named
                    }));
                }
                _ if tokens[start].is_word() => {
                    let mut segments = vec![text(start).to_owned()];
                    while text(at) == "::" && tokens.get(at + 1).is_some_and(|next| next.is_word()) {
                        segments.push(text(at + 1).to_owned());
                        at += 2;
                    }
                    if segments.len() > 1 {
                        let line = tokens[start].line;
                        found.push(Named { line, segments: resolve(segments, &module) });
                    }
                }
                _ => {}
            }
        }
        found
    }

    fn split(&mut self) {
        let signs: Vec<char> = self.text.chars().collect();
        let sign = |index: usize| signs.get(index).copied().unwrap_or('\0');
        let mut at = 0;
        while at < signs.len() {
            let end = if sign(at) == '/' && sign(at + 1) == '/' {
                (at..signs.len()).find(|&i| sign(i) == '\n').unwrap_or(signs.len())
            } else if sign(at) == '/' && sign(at + 1) == '*' {
                end_of_block(&signs, at)
            } else if let Some(end) = end_of_literal(&signs, at) {
                self.strings.extend(&signs[at..end]);
                self.strings.push('\n');
                self.code.push('"');
                self.keep_lines(&signs[at..end]);
                self.code.push('"');
                at = end;
                continue;
            } else {
                self.code.push(sign(at));
                at += 1;
                continue;
            };
            self.comments.extend(&signs[at..end]);
            self.comments.push('\n');
            self.code.push(' ');
            self.keep_lines(&signs[at..end]);
            at = end;
        }
    }

    fn keep_lines(&mut self, left_out: &[char]) {
        self.code.extend(left_out.iter().filter(|sign| **sign == '\n'));
    }
}

fn end_of_block(signs: &[char], start: usize) -> usize {
    let (mut depth, mut at) = (0, start);
    while at + 1 < signs.len() {
        match (signs[at], signs[at + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    signs.len()
}

/// Where a string, raw string or character that opens at `start` ends; `None` when none does.
fn end_of_literal(signs: &[char], start: usize) -> Option<usize> {
    let sign = |index: usize| signs.get(index).copied().unwrap_or('\0');
    let in_word = start > 0 && (sign(start - 1).is_alphanumeric() || sign(start - 1) == '_');
    let prefixed = start > 0 && matches!(sign(start - 1), 'b' | 'c' | 'r');
    let close = |quote: char, from: usize| {
        let mut at = from;
        while at < signs.len() && signs[at] != quote {
            at += if signs[at] == '\\' { 2 } else { 1 };
        }
        Some((at + 1).min(signs.len()))
    };
    match sign(start) {
        'r' if !in_word || prefixed => {
            let hashes = (start + 1..).take_while(|&i| sign(i) == '#').count();
            let open = start + 1 + hashes;
            let closing: String = format!("\"{}", "#".repeat(hashes));
            let closing: Vec<char> = closing.chars().collect();
            (sign(open) == '"').then(|| {
                (open + 1..signs.len())
                    .find(|&i| signs[i..].starts_with(&closing))
                    .map_or(signs.len(), |i| i + closing.len())
            })
        }
        '"' => close('"', start + 1),
        // A tick opens a character, unless it opens a lifetime.
        '\'' if sign(start + 1) == '\\' || sign(start + 2) == '\'' => {
            let first = if sign(start + 1) == '\'' { start + 2 } else { start + 1 };
            close('\'', first)
        }
        _ => None,
    }
}

/// `src/store/member.rs` is the module `store::member`; a crate's own root is no module.
fn module_of(path: &str) -> Vec<String> {
    let inside = path.split_once("src/").map_or(path, |(_, inside)| inside);
    let stem = inside.strip_suffix(".rs").unwrap_or(inside);
    let names = stem.split('/').filter(|name| !matches!(*name, "lib" | "main"));
    names.map(str::to_owned).collect()
}

/// Writes `self` and `super` as paths from the crate's root.
fn resolve(segments: Vec<String>, module: &[(usize, String)]) -> Vec<String> {
    let ups = segments.iter().take_while(|segment| *segment == "super").count();
    let from_self = usize::from(segments[0] == "self");
    if ups + from_self == 0 {
        return segments;
    }
    let kept = module.len().saturating_sub(ups);
    let base = module[..kept].iter().map(|(_, name)| name.clone());
    let rest = segments.into_iter().skip(ups + from_self);
    std::iter::once("crate".to_owned()).chain(base).chain(rest).collect()
}

/// Reads one tree of a `use`, up to the comma, brace or semicolon behind it.
fn read_use(tokens: &[Token<'_>], at: &mut usize, before: &[String], leaves: &mut Vec<Named>) {
    let mut segments = before.to_vec();
    let mut line = tokens.get(*at).map_or(0, |token| token.line);
    while let Some(token) = tokens.get(*at) {
        match token.text {
            "::" => *at += 1,
            "{" => {
                *at += 1;
                while tokens.get(*at).is_some_and(|token| token.text != "}") {
                    read_use(tokens, at, &segments, leaves);
                    *at += usize::from(tokens.get(*at).is_some_and(|token| token.text == ","));
                }
                *at += 1;
                return;
            }
            "as" => *at += 2,
            "," | "}" | ";" => break,
            // `store::{self}` names the store.
            "self" if !segments.is_empty() => *at += 1,
            word => {
                line = token.line;
                segments.push(word.to_owned());
                *at += 1;
            }
        }
    }
    leaves.push(Named { line, segments });
}

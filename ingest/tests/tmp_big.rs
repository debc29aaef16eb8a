use hydra_ingest::{MarkdownFile, Vault, parse};
#[test]
fn big() {
    let vault = Vault::of("/v", ["n.md"]);
    let seeds: Vec<(&str, String)> = vec![
        ("prose", "Some words in a sentence here. And [[n]] with #tag more.\n".into()),
        (">", ">".into()),
        ("> ", "> ".into()),
        ("- ", "- ".into()),
        ("[[", "[[".into()),
        ("![[a|", "![[a|".into()),
        ("[", "[".into()),
        ("](y)", "[x](y)".into()),
        ("*a **b ", "*a **b ".into()),
        ("`", "`".into()),
        ("`a``b```c", "`a``b```c".into()),
        ("$a$$b", "$a$$b".into()),
        ("<a <!-- <?", "<a <!-- <? ".into()),
        ("|a", "|a".into()),
        ("fn", "[^a]: x\n".into()),
        ("fnref", "[^a] ".into()),
        ("# h", "# h\n".into()),
        ("^a ", "^a ".into()),
        ("x", "x".into()),
        ("- x", "- x\n".into()),
        ("para", "a\n\n".into()),
        ("tag", "#t ".into()),
        ("url", "https://a.b/( ".into()),
        ("urlrun", "https://a)".into()),
        ("ref", "[a]: b\n".into()),
        ("a.", "a. ".into()),
        ("{", "${".into()),
        ("~~", "~~a ".into()),
        ("\\", "\\[".into()),
        ("&", "&a".into()),
        ("]]", "]]".into()),
        ("h", "h".into()),
        ("http://", "http://".into()),
        ("quote lines", "> - a\n".into()),
        ("![", "![".into()),
        ("[a](", "[a](".into()),
        ("<", "<".into()),
        ("_a", "_a".into()),
    ];
    for (name, seed) in seeds {
        for size in [100_000usize, 1_000_000] {
            let text = seed.repeat(size / seed.len());
            let t = std::time::Instant::now();
            let path = std::path::Path::new("/v/n.md");
            let p = parse(&MarkdownFile { path, text: &text, content_hash: "", modified_at: None, space: "p" }, &vault);
            println!(
                "{name:12} {size:9} {:?} passages {} links {}",
                t.elapsed(),
                p.document.passages.len(),
                p.document.links.len()
            );
        }
    }
}

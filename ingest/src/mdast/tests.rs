use serde_json::{Value, json};

use super::*;

fn json_of(text: &str) -> Value {
    serde_json::to_value(tree(text)).expect("a tree is JSON")
}

fn text(value: &str) -> Value {
    json!({"type": "text", "value": value})
}

fn paragraph(children: &[Value]) -> Value {
    json!({"type": "paragraph", "children": children})
}

#[test]
fn blocks_have_the_names_of_mdast() {
    let read = json_of(
        "# A\n\n> *b* **c** ~~d~~ `e`\n\n2. one\n3. two\n\n- [x] done\n- [ ] open\n\n---\n\n```rust\nlet a;\n```\n",
    );
    assert_eq!(
        read,
        json!([
            {"type": "heading", "depth": 1, "children": [text("A")]},
            {"type": "blockquote", "children": [paragraph(&[
                json!({"type": "emphasis", "children": [text("b")]}), text(" "),
                json!({"type": "strong", "children": [text("c")]}), text(" "),
                json!({"type": "delete", "children": [text("d")]}), text(" "),
                json!({"type": "inlineCode", "value": "e"}),
            ])]},
            {"type": "list", "ordered": true, "start": 2, "children": [
                {"type": "listItem", "children": [text("one")]}, {"type": "listItem", "children": [text("two")]},
            ]},
            {"type": "list", "ordered": false, "children": [
                {"type": "listItem", "checked": true, "children": [text("done")]},
                {"type": "listItem", "checked": false, "children": [text("open")]},
            ]},
            {"type": "thematicBreak"},
            {"type": "code", "value": "let a;\n"},
        ])
    );
    let cell = |value: &str| json!({"type": "tableCell", "children": [text(value)]});
    let row = |cells: [Value; 2]| json!({"type": "tableRow", "children": cells});
    assert_eq!(
        json_of("| a | b |\n|---|---|\n| 1 | 2 |"),
        json!([{"type": "table", "children": [row([cell("a"), cell("b")]), row([cell("1"), cell("2")])]}])
    );
    let warning = paragraph(&[json!({"type": "strong", "children": [text("Warning")]})]);
    assert_eq!(
        json_of("> [!WARNING]\n> hot"),
        json!([{"type": "blockquote", "children": [warning, paragraph(&[text("hot")])]}])
    );
    assert_eq!(
        json_of("- *a* ^b-1\n  - c"),
        json!([{"type": "list", "ordered": false, "children": [{"type": "listItem", "children": [
            {"type": "emphasis", "children": [text("a")]},
            {"type": "list", "ordered": false, "children": [{"type": "listItem", "children": [text("c")]}]},
        ]}]}])
    );
    let note = json!({"type": "footnoteDefinition", "identifier": "1", "children": [paragraph(&[text("why")])]});
    let mark = json!({"type": "footnoteReference", "identifier": "1"});
    assert_eq!(json_of("a[^1]\n\n[^1]: why"), json!([paragraph(&[text("a"), mark]), note]));
}

#[test]
fn what_note_programs_add_is_read() {
    let wiki = |value: &str, alias: &str| json!({"type": "wikiLink", "value": value, "alias": alias});
    let cases = [
        ("[[Folder/Anna.md|her]] x", vec![wiki("Anna", "her"), text(" x")]),
        ("[[Anna#Work#Now]]", vec![wiki("Anna", "Anna › Work › Now")]),
        ("[[Anna#^b1]]", vec![wiki("Anna", "Anna")]),
        ("[[#Work]]", vec![wiki("", "Work")]),
        ("![[plan.png|300]]", vec![wiki("plan.png", "plan.png")]),
        ("a #big/tag. b#c", vec![text("a "), json!({"type": "tag", "value": "#big/tag"}), text(". b#c")]),
        ("#12 and a_b_c *d*", vec![text("#12 and a_b_c "), json!({"type": "emphasis", "children": [text("d")]})]),
        ("a ==b c== = ==", vec![text("a "), json!({"type": "highlight", "value": "b c"}), text(" = ==")]),
        ("*a* said ^b-1", vec![json!({"type": "emphasis", "children": [text("a")]}), text(" said")]),
        (
            "see https://a.org/x_y_z, ok",
            vec![
                text("see "),
                json!({"type": "link", "url": "https://a.org/x_y_z", "children": [text("https://a.org/x_y_z")]}),
                text(", ok"),
            ],
        ),
        ("`#a` $10-$20", vec![json!({"type": "inlineCode", "value": "#a"}), text(" $10-$20")]),
        (
            "2 ^10\n*is* x",
            vec![
                text("2 ^10"),
                json!({"type": "break"}),
                json!({"type": "emphasis", "children": [text("is")]}),
                text(" x"),
            ],
        ),
        ("**m ^2** wide", vec![json!({"type": "strong", "children": [text("m ^2")]}), text(" wide")]),
        ("*a*\n^b-1", vec![json!({"type": "emphasis", "children": [text("a")]})]),
    ];
    for (written, expected) in cases {
        assert_eq!(json_of(written), json!([paragraph(&expected)]), "{written}");
    }
    assert_eq!(json_of(r"\#no **#yes**")[0]["children"][1]["children"][0]["type"], "tag");
    assert_eq!(json_of(r"\#no **#yes**")[0]["children"][0], text("#no "));
    assert_eq!(json_of("*a*\n\n^b1")[1], Value::Null, "a paragraph that only names a block says nothing");
}

#[test]
fn what_reads_as_it_is_written_has_no_tree() {
    for written in ["", "a", "a\nb", "one.\n\nTwo: 3 * 4 = 12, a_b", "<", "a [b] (c)"] {
        assert_eq!(tree(written), None, "{written:?}");
    }
    assert_eq!(
        json_of("---\na: 1\n---\nonly words"),
        json!([paragraph(&[text("only words")])]),
        "front matter is no text"
    );
    assert_eq!(json_of("---\na: 1\n---\n*b*")[0]["children"][0]["type"], "emphasis");
    assert!(tree(r"a \* b").is_some(), "an escaped sign is not shown");
}

#[test]
fn html_and_scripts_are_values() {
    let read = json_of("<script>alert(1)</script>\n\na <b onclick=x>c</b>\n\n[d](javascript:e) ![f](http://g/h.png)");
    assert_eq!(read[0], json!({"type": "html", "value": "<script>alert(1)</script>\n"}));
    assert_eq!(read[1]["children"][1], json!({"type": "html", "value": "<b onclick=x>"}));
    assert_eq!(read[2]["children"][2], json!({"type": "image", "url": "http://g/h.png", "alt": "f"}));
}

#[test]
fn limits_hold() {
    let long = "*a* ".repeat(MAX_TREE_CHARS / 4);
    assert!(tree(&long).is_some());
    assert_eq!(tree(&format!("{long}b")), None);
    assert!(tree(&"*ä* ".repeat(MAX_TREE_CHARS / 4)).is_some(), "characters are counted, not bytes");

    fn depth(nodes: &Value) -> usize {
        nodes.as_array().map_or(0, |nodes| nodes.iter().map(|node| 1 + depth(&node["children"])).max().unwrap_or(0))
    }
    for written in
        [">".repeat(10_000) + " end", "- ".repeat(10_000) + "end", "*a ".repeat(9_000) + &"b* ".repeat(9_000)]
    {
        let written: String = written.chars().take(MAX_TREE_CHARS).collect();
        let read = json_of(&written);
        assert!(depth(&read) <= MAX_TREE_DEPTH + 2, "{}", depth(&read));
    }
    assert!(json_of(&(">".repeat(200) + " end")).to_string().contains("end"), "what is too deep stays");
    for written in ["==a ".repeat(10_000), "[[".repeat(20_000), "#".repeat(40_000), "a^b ".repeat(10_000)] {
        tree(&written);
    }
}

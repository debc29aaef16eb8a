//! Has the program built anew when the web view or the sample inside it has changed: `include_dir` alone can't say so.

fn main() {
    for folder in ["ui/dist", "../data/sample-vault"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}

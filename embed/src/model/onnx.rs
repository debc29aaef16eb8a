//! The handful of ONNX messages that one network needs, written in protobuf's wire format.
//!
//! There is no reader and no general writer here. Writing the bytes ourselves keeps `hydra models fetch` free of the
//! `onnx` and `numpy` packages, whose wheels differ with every Python version, and makes the result byte for byte the
//! same everywhere, so that its SHA-256 can be pinned.

/// Element types of `TensorProto.DataType` that are used here.
#[derive(Clone, Copy)]
pub(super) enum Element {
    Float = 1,
    Int64 = 7,
}

/// One attribute of a node.
pub(super) enum Attribute<'a> {
    Int(&'a str, i64),
    Float(&'a str, f32),
    Ints(&'a str, &'a [i64]),
}

/// A dimension of an input or output: a number, or a name for one that differs from run to run.
pub(super) enum Dimension<'a> {
    Fixed(i64),
    Free(&'a str),
}

/// `AttributeProto.AttributeType`
const FLOAT: i64 = 1;
const INT: i64 = 2;
const INTS: i64 = 7;
/// Wire types.
const VARINT: u64 = 0;
const LENGTH: u64 = 2;
const FIXED32: u64 = 5;

/// The bytes of a protobuf message being written, field after field.
#[derive(Default)]
pub(super) struct Message(Vec<u8>);

impl Message {
    pub(super) fn int(&mut self, field: u64, value: i64) -> &mut Self {
        self.varint(field << 3 | VARINT);
        self.varint(value as u64);
        self
    }

    pub(super) fn float(&mut self, field: u64, value: f32) -> &mut Self {
        self.varint(field << 3 | FIXED32);
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub(super) fn bytes(&mut self, field: u64, value: &[u8]) -> &mut Self {
        self.start(field, value.len());
        self.0.extend_from_slice(value);
        self
    }

    pub(super) fn text(&mut self, field: u64, value: &str) -> &mut Self {
        self.bytes(field, value.as_bytes())
    }

    pub(super) fn message(&mut self, field: u64, value: &Message) -> &mut Self {
        self.bytes(field, &value.0)
    }

    /// Opens a field of `length` bytes whose content the caller writes elsewhere, right behind this message.
    pub(super) fn start(&mut self, field: u64, length: usize) -> &mut Self {
        self.varint(field << 3 | LENGTH);
        self.varint(length as u64);
        self
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

/// Writes a `TensorProto`; `data` is little endian.
pub(super) fn tensor(name: &str, element: Element, shape: &[i64], data: &[u8]) -> Message {
    let mut message = Message::default();
    for dimension in shape {
        message.int(1, *dimension);
    }
    message.int(2, element as i64).text(8, name).bytes(9, data);
    message
}

/// Writes a `NodeProto` with one output, which also names the node.
pub(super) fn node(operator: &str, inputs: &[&str], output: &str, attributes: &[Attribute<'_>]) -> Message {
    let mut message = Message::default();
    for input in inputs {
        message.text(1, input);
    }
    message.text(2, output).text(3, output).text(4, operator);
    for attribute in attributes {
        let mut written = Message::default();
        match attribute {
            Attribute::Int(name, value) => written.text(1, name).int(3, *value).int(20, INT),
            Attribute::Float(name, value) => written.text(1, name).float(2, *value).int(20, FLOAT),
            Attribute::Ints(name, values) => {
                written.text(1, name);
                for value in *values {
                    written.int(8, *value);
                }
                written.int(20, INTS)
            }
        };
        message.message(5, &written);
    }
    message
}

/// Writes a `ValueInfoProto`: the name, element type and shape of an input or output of the whole graph.
pub(super) fn value(name: &str, element: Element, shape: &[Dimension<'_>]) -> Message {
    let mut dimensions = Message::default();
    for dimension in shape {
        let mut written = Message::default();
        match dimension {
            Dimension::Fixed(size) => written.int(1, *size),
            Dimension::Free(name) => written.text(2, name),
        };
        dimensions.message(1, &written);
    }
    let mut tensor = Message::default();
    tensor.int(1, element as i64).message(2, &dimensions);
    let mut kind = Message::default();
    kind.message(1, &tensor);
    let mut message = Message::default();
    message.text(1, name).message(2, &kind);
    message
}

/// Writes the head of a `ModelProto`, up to the graph, whose bytes follow.
pub(super) fn head(version: i64, opset: i64, graph_bytes: usize) -> Vec<u8> {
    let mut set = Message::default();
    set.text(1, "").int(2, opset);
    let mut message = Message::default();
    message.int(1, version).text(2, "hydra").message(8, &set).start(7, graph_bytes);
    message.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against bytes taken from protobuf's own encoding guide: 150 is `96 01`, "testing" is length-delimited.
    #[test]
    fn fields_are_written_as_protobuf_says() {
        let mut message = Message::default();
        message.int(1, 150).text(2, "testing");
        assert_eq!(message.into_bytes(), b"\x08\x96\x01\x12\x07testing");
        let mut message = Message::default();
        message.int(1, -1).float(2, 1.0);
        assert_eq!(message.into_bytes(), b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x15\x00\x00\x80\x3f");
    }
}

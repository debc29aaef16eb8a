//! Writes all-MiniLM-L6-v2 as an ONNX file, straight from its published weights.
//!
//! The network is BERT: word, position and segment embeddings, then six layers of attention and feed-forward, each
//! followed by a residual sum and a layer norm (Devlin et al. 2018). Only operators of the standard domain are used, in
//! the shapes ONNX Runtime fuses (`MatMul` + scale, `Add` + `Gelu`): fusing attention and the skip norms by hand was
//! tried and was 5 to 10 % slower.

use std::io::Write;

use hydra_graph::{Error, Result};

use super::onnx::{self, Attribute, Dimension, Element, Message};
use super::weights::Weights;

const LAYERS: usize = 6;
const WIDTH: i64 = 384;
const HEADS: i64 = 12;
const HEAD_WIDTH: i64 = WIDTH / HEADS;
const NORM_EPSILON: f32 = 1e-12;
const OPSET: i64 = 17;
/// The file format version that goes with opset 17.
const IR_VERSION: i64 = 8;

/// Writes the network to `out`; the same weights give the same bytes.
pub(super) fn write(weights: &Weights, out: &mut impl Write) -> Result<()> {
    let mut network = Network { weights, nodes: Vec::new(), constants: Vec::new() };
    network.whole()?;
    let graph = network.into_graph();
    let failed = |error| Error::io("model.onnx", &error);
    out.write_all(&onnx::head(IR_VERSION, OPSET, graph.len())).map_err(failed)?;
    out.write_all(&graph).map_err(failed)
}

struct Network<'a> {
    weights: &'a Weights,
    nodes: Vec<Message>,
    constants: Vec<Message>,
}

impl Network<'_> {
    fn whole(&mut self) -> Result<()> {
        self.number("one", 1.0);
        self.number("half", 0.5);
        self.number("root_two", std::f32::consts::SQRT_2);
        self.number("root_head_width", (HEAD_WIDTH as f32).sqrt());
        self.number("lowest", f32::MIN);
        self.integers("split", &[0, 0, HEADS, HEAD_WIDTH]);
        self.integers("join", &[0, 0, WIDTH]);
        for number in 0..3 {
            self.integers(&format!("at_{number}"), &[number]);
        }
        self.mask();
        self.embeddings()?;
        let mut input = "embedded".to_owned();
        for layer in 0..LAYERS {
            let output = if layer + 1 == LAYERS { "last_hidden_state".to_owned() } else { format!("layer.{layer}") };
            self.layer(layer, &input, &output)?;
            input = output;
        }
        Ok(())
    }

    /// Turns 1 for a word and 0 for padding into 0 and the lowest float, to be added to attention's scores.
    fn mask(&mut self) {
        self.node("Unsqueeze", &["attention_mask", "at_1"], "mask.heads", &[]);
        self.node("Unsqueeze", &["mask.heads", "at_2"], "mask.rows", &[]);
        self.node("Cast", &["mask.rows"], "mask.float", &[Attribute::Int("to", Element::Float as i64)]);
        self.node("Sub", &["one", "mask.float"], "mask.padding", &[]);
        self.node("Mul", &["mask.padding", "lowest"], "mask", &[]);
    }

    fn embeddings(&mut self) -> Result<()> {
        for (table, ids) in [("word", "input_ids"), ("token_type", "token_type_ids")] {
            let weight = self.matrix(&format!("embeddings.{table}_embeddings.weight"))?;
            self.node("Gather", &[&weight, ids], table, &[Attribute::Int("axis", 0)]);
        }
        // The first positions of the table, as many as there are words. `Range` and `Gather` would say the same, but
        // ONNX Runtime 1.32 rewrites `Gather` of `Shape` into a `Slice` that fails at run time.
        let positions = self.matrix("embeddings.position_embeddings.weight")?;
        self.node("Shape", &["input_ids"], "shape", &[]);
        self.node("Slice", &["shape", "at_1", "at_2"], "length", &[]);
        self.node("Slice", &[&positions, "at_0", "length"], "position", &[]);
        self.node("Add", &["word", "token_type"], "embeddings.words", &[]);
        self.node("Add", &["embeddings.words", "position"], "embeddings.sum", &[]);
        self.norm("embeddings.sum", "embeddings.LayerNorm", "embedded")
    }

    fn layer(&mut self, layer: usize, input: &str, output: &str) -> Result<()> {
        let own = |name: &str| format!("layer.{layer}.{name}");
        let from = |name: &str| format!("encoder.layer.{layer}.{name}");

        // Keys are turned once more, so that queries can be multiplied with them.
        for (part, order) in [("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])] {
            let (flat, split) = (own(&format!("{part}.flat")), own(&format!("{part}.split")));
            self.linear(input, &from(&format!("attention.self.{part}")), &flat)?;
            self.node("Reshape", &[&flat, "split"], &split, &[]);
            self.node("Transpose", &[&split], &own(part), &[Attribute::Ints("perm", &order)]);
        }
        self.node("MatMul", &[&own("query"), &own("key")], &own("scores"), &[]);
        self.node("Div", &[&own("scores"), "root_head_width"], &own("scaled"), &[]);
        self.node("Add", &[&own("scaled"), "mask"], &own("masked"), &[]);
        self.node("Softmax", &[&own("masked")], &own("shares"), &[Attribute::Int("axis", -1)]);
        self.node("MatMul", &[&own("shares"), &own("value")], &own("context.split"), &[]);
        let back = [Attribute::Ints("perm", &[0, 2, 1, 3])];
        self.node("Transpose", &[&own("context.split")], &own("context.turned"), &back);
        self.node("Reshape", &[&own("context.turned"), "join"], &own("context"), &[]);
        self.linear(&own("context"), &from("attention.output.dense"), &own("attended"))?;
        self.node("Add", &[&own("attended"), input], &own("attended.sum"), &[]);
        self.norm(&own("attended.sum"), &from("attention.output.LayerNorm"), &own("attention"))?;

        self.linear(&own("attention"), &from("intermediate.dense"), &own("wide"))?;
        // GELU with the exact error function: x / 2 * (1 + erf(x / sqrt 2)).
        self.node("Div", &[&own("wide"), "root_two"], &own("gelu.in"), &[]);
        self.node("Erf", &[&own("gelu.in")], &own("gelu.erf"), &[]);
        self.node("Add", &[&own("gelu.erf"), "one"], &own("gelu.one"), &[]);
        self.node("Mul", &[&own("wide"), &own("gelu.one")], &own("gelu.twice"), &[]);
        self.node("Mul", &[&own("gelu.twice"), "half"], &own("gelu"), &[]);
        self.linear(&own("gelu"), &from("output.dense"), &own("narrow"))?;
        self.node("Add", &[&own("narrow"), &own("attention")], &own("narrow.sum"), &[]);
        self.norm(&own("narrow.sum"), &from("output.LayerNorm"), output)
    }

    fn linear(&mut self, input: &str, from: &str, output: &str) -> Result<()> {
        let weight = self.turned(&format!("{from}.weight"))?;
        let bias = self.matrix(&format!("{from}.bias"))?;
        let product = format!("{output}.product");
        self.node("MatMul", &[input, &weight], &product, &[]);
        self.node("Add", &[&product, &bias], output, &[]);
        Ok(())
    }

    fn norm(&mut self, input: &str, from: &str, output: &str) -> Result<()> {
        let weight = self.matrix(&format!("{from}.weight"))?;
        let bias = self.matrix(&format!("{from}.bias"))?;
        let attributes = [Attribute::Int("axis", -1), Attribute::Float("epsilon", NORM_EPSILON)];
        self.node("LayerNormalization", &[input, &weight, &bias], output, &attributes);
        Ok(())
    }

    fn node(&mut self, operator: &str, inputs: &[&str], output: &str, attributes: &[Attribute<'_>]) {
        self.nodes.push(onnx::node(operator, inputs, output, attributes));
    }

    fn number(&mut self, name: &str, value: f32) {
        self.constants.push(onnx::tensor(name, Element::Float, &[], &value.to_le_bytes()));
    }

    fn integers(&mut self, name: &str, values: &[i64]) {
        let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constants.push(onnx::tensor(name, Element::Int64, &[values.len() as i64], &data));
    }

    /// Takes a tensor over as it is.
    fn matrix(&mut self, name: &str) -> Result<String> {
        let (shape, data) = self.weights.floats(name)?;
        let shape: Vec<i64> = shape.iter().map(|size| *size as i64).collect();
        self.constants.push(onnx::tensor(name, Element::Float, &shape, data));
        Ok(name.to_owned())
    }

    /// Takes a matrix over with rows and columns exchanged: PyTorch keeps (out, in), `MatMul` wants (in, out).
    fn turned(&mut self, name: &str) -> Result<String> {
        let (shape, data) = self.weights.floats(name)?;
        let (rows, columns) = match *shape {
            [rows, columns] => (rows, columns),
            _ => (1, data.len() / 4),
        };
        let mut turned = Vec::with_capacity(data.len());
        for column in 0..columns {
            for row in 0..rows {
                let at = 4 * (row * columns + column);
                turned.extend_from_slice(&data[at..at + 4]);
            }
        }
        self.constants.push(onnx::tensor(name, Element::Float, &[columns as i64, rows as i64], &turned));
        Ok(name.to_owned())
    }

    fn into_graph(self) -> Vec<u8> {
        let words = || [Dimension::Free("batch"), Dimension::Free("length")];
        let mut graph = Message::default();
        for node in &self.nodes {
            graph.message(1, node);
        }
        graph.text(2, "all-MiniLM-L6-v2");
        for constant in &self.constants {
            graph.message(5, constant);
        }
        for input in ["input_ids", "attention_mask", "token_type_ids"] {
            graph.message(11, &onnx::value(input, Element::Int64, &words()));
        }
        let [batch, length] = words();
        let output = onnx::value("last_hidden_state", Element::Float, &[batch, length, Dimension::Fixed(WIDTH)]);
        graph.message(12, &output);
        graph.into_bytes()
    }
}

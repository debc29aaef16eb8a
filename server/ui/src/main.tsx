import { render } from "preact";
import { follow } from "./api/answer";
import { Shell } from "./shell";
import { watchUpgrade } from "./upgrade";

const element = document.getElementById("app");
if (element) render(<Shell />, element);
follow();
watchUpgrade();

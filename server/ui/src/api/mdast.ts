/** Texts taken apart by the server, in the words of mdast. */

export interface Node {
  type: string;
  children?: Node[];
  value?: string;
  /** Of links and images. */
  url?: string;
  alt?: string;
  /** Of a link to a note: what is shown for its name. */
  alias?: string;
  identifier?: string;
  ordered?: boolean;
  start?: number;
  checked?: boolean;
}

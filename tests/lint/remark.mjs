// Checks links between the Markdown files, and to their headings.

import validateLinks from "remark-validate-links";

export default { plugins: [[validateLinks, { repository: false }]] };

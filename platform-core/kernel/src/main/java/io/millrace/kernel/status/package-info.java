/** The kernel's own REST resources: plugins and status. */
package io.millrace.kernel.status;

/** Plugin files as they are handed in: checked, unpacked, and made one bundle. */
package io.millrace.kernel.archive;

/** Plugins from Maven repositories, resolved as Maven itself would for the user at hand. */
package io.millrace.maven;

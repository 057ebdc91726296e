/** Where a plugin may come from: a file, a folder, a URL or a Maven repository. Each becomes one file to hand to the platform. */
package io.millrace.cli.source;

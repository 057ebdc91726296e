/** The platform's one HTTP listener, which routes requests to the resources of all bundles. */
package io.millrace.kernel.http;

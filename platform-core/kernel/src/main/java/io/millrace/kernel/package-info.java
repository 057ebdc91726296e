/** What every bundle stands on at run time: plugins, the HTTP listener, status. */
package io.millrace.kernel;

package io.millrace.kernel.http;

import io.millrace.api.http.HttpResource;

/** A resource of the kernel that takes files, and so larger bodies than others. */
public interface Upload extends HttpResource {

    long largestBody();
}

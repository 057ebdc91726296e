package io.millrace.itest.diary;

/** What the diary plugin's jar is made of. */
public final class DiaryPlugin {

    private DiaryPlugin() {}

    public static Class<?>[] classes() {
        return new Class<?>[] {Diary.class, DiarySource.class, DiarySink.class, DiaryProvider.class};
    }
}

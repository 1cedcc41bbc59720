export TZ=UTC
for z in UTC Europe/Berlin America/Sao_Paulo Asia/Kolkata Australia/Lord_Howe
do
    TZ=$z date -d '2024-07-01 12:00 UTC' '+%F %T %Z %z %::z'
done
date -d '2024-01-31 +1 month' +%F
date -d '@1.5' +%s.%N
date -d '2024-W10'
echo $?
date -d 'last friday 2024-03-15' +%F
date -d '1 Jan 2024 10:00 PM EST' +%c
date -d '2024-02-30'
echo $?
date +%Q
date -d 2000-01-01 '+%a %A %b %B %C %d %D %e %g %G %H %I %j %k %l %m %M %p %P %q %r %R %S %T %u %U %V %w %W %x %X %y %Y'
touch -d 2020-02-02 f
date -r f
date -f - <<< '2020-01-01
2021-01-01'
date --rfc-3339=ns -d @0
LC_ALL=C date -d @0
date -I -d @0
date --debug -d 2024-01-01 2>&1 | tail -2
date -s 2>&1
echo $?

import { CircleAlert, Search } from "lucide-react";
import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from "react";
import { useTranslation } from "react-i18next";

interface Labelled {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  hideLabel?: boolean;
}

function Frame({
  label,
  hint,
  error,
  hideLabel,
  children,
}: Labelled & { children: (ids: Record<string, unknown> & { id: string }) => ReactNode }) {
  const id = useId();
  const described = [hint && `${id}h`, error && `${id}e`].filter(Boolean).join(" ") || undefined;
  return (
    <div className="field">
      <label htmlFor={id} className={hideLabel ? "sr" : undefined}>
        {label}
      </label>
      {children({ id, "aria-describedby": described, "aria-invalid": error ? true : undefined })}
      {hint && (
        <span className="hint" id={`${id}h`}>
          {hint}
        </span>
      )}
      {error && (
        <span className="wrong" id={`${id}e`} role="alert">
          <CircleAlert size={14} aria-hidden style={{ marginTop: 2 }} />
          {error}
        </span>
      )}
    </div>
  );
}

/** A field to find by; what it is for is read, not shown. */
export function SearchField({ label, ...rest }: { label: string } & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <div className="search">
      <Search size={16} aria-hidden />
      <input {...rest} className="input" type="search" aria-label={label} />
    </div>
  );
}

export function Text({
  label,
  hint,
  error,
  hideLabel,
  className,
  ...rest
}: Labelled & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <Frame {...{ label, hint, error, hideLabel }}>
      {(ids) => <input {...rest} {...ids} className={`input ${className ?? ""}`} />}
    </Frame>
  );
}

interface Reason {
  value: string;
  put: (value: string) => void;
  error?: string | undefined;
  autoFocus?: boolean;
}

/** What somebody may add to what they do, for who reads of it later. */
export function Why({ value, put, error, autoFocus }: Reason) {
  const { t } = useTranslation();
  return (
    <Text
      label={t("Why (optional)")}
      value={value}
      onChange={(event) => put(event.target.value)}
      maxLength={300}
      error={error}
      autoFocus={autoFocus}
    />
  );
}

/** What somebody must say of what they do, since it stays in the record. */
export function Because({ label, hint, value, put, error }: Reason & { label: string; hint: string }) {
  return (
    <Text
      label={label}
      hint={hint}
      value={value}
      required
      autoFocus
      maxLength={500}
      onChange={(event) => put(event.target.value)}
      error={error}
    />
  );
}

export function Area({
  label,
  hint,
  error,
  hideLabel,
  className,
  ...rest
}: Labelled & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return (
    <Frame {...{ label, hint, error, hideLabel }}>
      {(ids) => <textarea {...rest} {...ids} className={`input ${className ?? ""}`} />}
    </Frame>
  );
}

export interface Option {
  value: string;
  label: string;
  disabled?: boolean;
}
export function Choice({
  label,
  hint,
  error,
  hideLabel,
  options,
  ...rest
}: Labelled & SelectHTMLAttributes<HTMLSelectElement> & { options: readonly Option[] }) {
  return (
    <Frame {...{ label, hint, error, hideLabel }}>
      {(ids) => (
        <select {...rest} {...ids} className="input">
          {options.map((one) => (
            <option key={one.value} value={one.value} disabled={one.disabled}>
              {one.label}
            </option>
          ))}
        </select>
      )}
    </Frame>
  );
}

export function Check({
  label,
  hint,
  type = "checkbox",
  ...rest
}: { label: ReactNode; hint?: ReactNode } & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <label className="check">
      <input type={type} {...rest} />
      <span>
        {label}
        {hint && <span className="hint">{hint}</span>}
      </span>
    </label>
  );
}

/** One of a few, side by side. */
export function Segmented<V extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: V;
  options: { value: V; label: string }[];
  onChange: (value: V) => void;
}) {
  const name = useId();
  return (
    <fieldset className="seg">
      <legend className="sr">{label}</legend>
      {options.map((one) => (
        <label key={one.value}>
          <input
            type="radio"
            name={name}
            checked={one.value === value}
            onChange={() => onChange(one.value)}
          />
          {one.label}
        </label>
      ))}
    </fieldset>
  );
}
